"""Runs that are no plain classifier that has come to its end: folds, several labels, tokens of pictures, unfinished."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.data.formats.vision import torchvision
from dlrun.inspection.methods.activations import Activations
from dlrun.inspection.methods.deep_dream import DeepDream
from dlrun.inspection.methods.grad_cam import GradCam
from dlrun.inspection.methods.saliency import Saliency
from dlrun.models.bases._base import Base, Pictures
from dlrun.models.build import build
from dlrun.models.layers.dense import Dense
from dlrun.models.pretrained.layer import PretrainedBase
from dlrun.models.step_rng import StepRng
from tests.inspection.conftest import trained
from tests.inspection.subjects import subject
from tests.run.stops import signalled_after

CNN = ("dataset=digits", "model=cnn", "model.filters=[4]", "model.hidden=[8]", "epochs=1", "max_steps=2")


def test_of_a_kfold_run_its_final_fit_is_looked_into_or_a_fold(tmp_path: Path, capsys: pytest.CaptureFixture[str]
                                                               ) -> None:
    run = trained(tmp_path / "final", *CNN, "validation={kind: kfold, k: 2, final: true}")
    assert route(["inspect", str(run), "grad_cam", "count=2"]) == 0
    assert (run / "inspect/grad_cam/heat.png").is_file()
    assert route(["inspect", str(run / "folds/1"), "grad_cam", "count=2"]) == 0
    assert (run / "folds/1/inspect/grad_cam/heat.png").is_file()
    run = trained(tmp_path / "without", *CNN, "validation={kind: kfold, k: 2}")
    capsys.readouterr()
    assert route(["inspect", str(run), "grad_cam"]) == 2
    assert "each fold of this run has a model of its own" in capsys.readouterr().err


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A run on pictures with three labels each, of which the first says that the left half is bright."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (80, 3))
    x = rng.integers(0, 90, (80, 12, 12)).astype(np.uint8)
    x[y[:, 0] == 1, :, :6] += 150
    np.savez(tmp_path / "labels.npz", x=x, y=y)
    return trained(tmp_path, "dataset=npz", f"dataset.path={tmp_path / 'labels.npz'}", "model=cnn",
                   "model.filters=[4]", "model.hidden=[8]", "epochs=8", "optimizer.lr=0.01", "batch_size=16")


def test_labels_are_looked_for_one_by_one(labelled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from dlrun.inference.load import load_run

    names = load_run(labelled).data_spec.classes
    assert len(names) == 3
    for method, more in {"grad_cam": (f"class={names[0]}",), "saliency": (f"class={names[0]}",), "activations": (),
                         "filters": ("steps=1",), "nearest": (), "tsne": ("count=20", "perplexity=5")}.items():
        capsys.readouterr()
        code = route(["inspect", str(labelled), method, *more])
        assert code == 0, (method, capsys.readouterr())
        assert any((labelled / "inspect" / method).glob("*.png")), method
    capsys.readouterr()
    assert route(["inspect", str(labelled), "grad_cam", "class=none"]) == 2
    assert f"class=none  no such class; there are {names[0]}" in capsys.readouterr().err
    code = route(["inspect", str(labelled), "adversarial", "count=8"])
    assert code == 2 and "1 problem, nothing was started" in capsys.readouterr().err


@dataclass(frozen=True)
class TinyViT(Base):
    """A vision transformer of torchvision's own code, small enough for a test."""

    kind = "tiny_vit"

    def pictures(self) -> Pictures:
        return Pictures(32, (0.5,) * 3, (0.5,) * 3)

    def blocks(self) -> tuple[str, ...]:
        return "stem", "blocks", "norm"

    def output(self, side: int) -> tuple[int, ...]:
        return (16,)

    def count(self) -> tuple[int, int]:
        return sum(weight.numel() for weight in self.build(32, StepRng(0, torch.device("cpu"))).parameters()), 0

    def build(self, side: int, rng: StepRng) -> nn.Module:
        from dlrun.models.pretrained.torchvision_module import _Tokens

        torchvision()
        from torchvision.models import VisionTransformer

        return _Tokens(VisionTransformer(image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16,
                                         mlp_dim=32))


def test_of_a_vision_transformer_layers_and_gradients_are_shown_and_maps_are_refused(tmp_path: Path) -> None:
    rng = StepRng(0, torch.device("cpu"))
    model: Any = build([PretrainedBase(TinyViT(), 32, "avg", published=False), Dense(3)], (3, 32, 32), seed=0, rng=rng)
    x = np.random.default_rng(0).random((4, 3, 32, 32), np.float32)
    found = subject(model, x, np.array([0, 1, 2, 0]), tmp_path)
    layers = {layer.name: layer.shape for layer in found.layers(torch.from_numpy(x))}
    assert layers["stem"] == (16, 4, 4), "patches are maps"
    assert layers["norm"] == (17, 16), "a class token before sixteen patches"
    Activations(count=1).inspect(found)
    Saliency(count=2).inspect(found)
    with pytest.raises(ConfigError, match="it gives 17 x 16 values and no maps"):
        GradCam(layer="norm").inspect(found)
    values = GradCam(count=2).inspect(found).values
    assert values["layer"] == "stem", "the only maps that it has"
    with pytest.raises(ConfigError, match="no such layer; did you mean"):
        DeepDream(layer=("block",)).inspect(found)


def test_a_run_that_was_interrupted_is_looked_into_and_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    with signalled_after(2, signal.SIGTERM):
        route([*CNN[:-1], "epochs=3", "threads=1", "device=cpu", "verbosity=0"])
    run, = (path.parent for path in Path("runs").glob("*/*/result.json"))
    capsys.readouterr()
    assert route(["inspect", str(run), "saliency", "count=1"]) == 0
    assert "this run was interrupted: it is taken as its last checkpoint has it" in capsys.readouterr().err
    (run / "result.json").unlink()  # as of one that was killed, or is training
    assert route(["inspect", str(run), "saliency", "count=1"]) == 0
    assert "this run has no result yet" in capsys.readouterr().err
    np.save("digit.npy", np.zeros((1, 8, 8), np.uint8))
    assert route(["predict", str(run), "digit.npy"]) == 0
    assert "this run has no result yet" in capsys.readouterr().err
