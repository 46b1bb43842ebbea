"""Each method on a finished run of each kind: it looks, or says in a sentence why it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun import registry
from dlrun.cli.route import route

RUNS = {
    "convnet": ("dataset=digits", "model=cnn", "model.filters=[4]", "model.hidden=[8]"),
    "dense": ("dataset=digits", "model=dense", "model.hidden=[8]"),
    "base": ("dataset=digits", "model=pretrained", "model.size=32", "train_size=32", "test_size=8", "validation=8"),
    "gan": ("dataset=digits", "model=gan"),
    "convolutional gan": ("dataset=digits", "model=dcgan"),
    "vae": ("dataset=digits", "model=vae"),
    "autoencoder": ("dataset=digits", "model=autoencoder"),
    "table": ("dataset=diabetes", "model=dense", "model.hidden=[8]"),
    "words": ("dataset=python_docs", "model=lstm", "model.units=4"),
    "recurrent": ("dataset=digits_rows", "model=lstm", "model.units=4"),
    "convolutions of lines": ("dataset=digits_rows", "model=conv1d"),
}
ANY = ("activations",)
PICTURES = (*ANY, "saliency")
MAPS = (*PICTURES, "grad_cam", "filters", "deep_dream")
WORKS = {"convnet": (*MAPS, "adversarial"), "base": (*MAPS, "adversarial"), "dense": (*PICTURES, "adversarial"),
         "gan": PICTURES, "convolutional gan": (*PICTURES, "grad_cam", "filters", "deep_dream"), "vae": ANY,
         "autoencoder": ANY, "table": ANY, "words": ANY, "recurrent": ANY, "convolutions of lines": ANY}
QUICK = {"filters": ("filters=2", "steps=1"), "deep_dream": ("steps=1", "octaves=2"), "adversarial": ("count=8",),
         "tsne": ("count=20", "perplexity=5"), "style_transfer": ("rounds=1", "steps=1")}


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_every_method_looks_or_says_why_not(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert route([*RUNS[name], "epochs=1", "max_steps=2", "threads=1", "device=cpu", "verbosity=0"]) == 0
    run, = (path.parent for path in Path("runs").glob("*/*/result.json"))
    capsys.readouterr()
    for method in registry.names("method"):
        code = route(["inspect", str(run), method, *QUICK.get(method, ())])
        said = capsys.readouterr()
        assert code in (0, 2), (method, said)
        if method in WORKS[name]:
            assert code == 0 and any((run / "inspect" / method).glob("*.png")), (method, said)
        if code == 2:
            assert "1 problem, nothing was started" in said.err and not (run / "inspect" / method).exists(), method
