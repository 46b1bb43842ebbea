"""Bases with the classes that they were published with: predicted and looked into without any training."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest
import torch
from PIL import Image

from dlrun.cli.route import route
from dlrun.config.places import data_dir
from dlrun.config.problem import ConfigError
from dlrun.data.sets.cats_and_dogs import ARCHIVE
from dlrun.inference.published import load_base
from dlrun.models.bases.efficientnet_lite0 import EfficientnetLite0
from dlrun.models.pretrained import torchvision_module as module
from dlrun.models.pretrained.find import is_base_name
from dlrun.models.pretrained.torchvision_base import FAMILIES, TorchvisionBase, names
from dlrun.models.pretrained.torchvision_module import imagenet_classes

package = pytest.mark.skipif(bool(EfficientnetLite0().missing()), reason="dlrun[pretrained] is not installed")
PHOTOGRAPHS = data_dir(None) / "dogs_vs_cats" / ARCHIVE
CATS, DOGS = range(281, 286), range(151, 269)  # of ImageNet's classes: domestic cats, breeds of dogs


@pytest.fixture
def photographs(tmp_path: Path) -> dict[str, list[Path]]:
    """Twelve photographs of cats and twelve of dogs, from all over the test part of the archive."""
    found: dict[str, list[Path]] = {"cat": [], "dog": []}
    with tarfile.open(PHOTOGRAPHS, "r|xz") as tar:
        for member in tar:
            match = re.search(r"/test/\w+/((cat|dog)\.\d+\.jpg)$", member.name)
            if match and int(match[1].split(".")[1]) % 41 == 0 and len(found[match[2]]) < 12:
                found[match[2]].append(tmp_path / match[1])
                (tmp_path / match[1]).write_bytes(tar.extractfile(member).read())
    return found


@package
@pytest.mark.skipif(not PHOTOGRAPHS.is_file(), reason="the photographs of cats and dogs are not in DLRUN_DATA")
def test_photographs_of_cats_and_dogs_are_named_as_such(photographs: dict[str, list[Path]],
                                                        capsys: pytest.CaptureFixture[str]) -> None:
    classes = imagenet_classes()
    for kind, own in (("cat", CATS), ("dog", DOGS)):
        assert route(["predict", "efficientnet_lite0", *map(str, photographs[kind])]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert len(rows) == 12
        assert list(rows[0]) == ["input", "class", "p", *(f"{name}_{n}" for n in range(2, 6) for name in "class p"
                                                          .split())]
        assert sum(row["class"] in [classes[place] for place in own] for row in rows) >= 10, kind
        assert all(float(row["p"]) >= float(row["p_2"]) >= float(row["p_5"]) for row in rows)


@package
def test_the_scores_are_those_of_the_published_layer_on_the_mean_of_the_features() -> None:
    run = load_base("efficientnet_lite0")
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    from dlrun.models.bases.efficientnet_lite0 import _published

    weights = _published()
    base = run.model[0]
    with torch.no_grad():
        features = base.net((x - 127 / 255) * 255 / 128).mean((2, 3))
        expected = features @ weights["_fc.weight"].T + weights["_fc.bias"]
        assert torch.allclose(run.model(x), expected, atol=1e-4)
    assert not any(weight.requires_grad for weight in run.model.parameters())


@package
def test_a_base_is_looked_into_as_a_run_is_and_has_no_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Image.effect_noise((64, 48), 90).save("noise.png")
    assert route(["inspect", "efficientnet_lite0", "grad_cam", "noise.png", "output_dir=runs", "json=true"]) == 0
    made = json.loads(capsys.readouterr().out)["data"]
    assert made["values"]["layer"] == "head"
    assert made["pictures"] == ["runs/bases/efficientnet_lite0/inspect/grad_cam/heat.png"]
    assert Path(made["pictures"][0]).is_file() and made["values"]["rows"][0]["class"] in imagenet_classes()
    for words, said in {("grad_cam",): "a base has no rows of its own; expected picture files",
                        ("grad_cam", "noise.png", "class=tabby_cat"): "no such class; did you mean",
                        ("nearest", "noise.png"): "no rows of its own, which the method compares with; expected a run",
                        ("saliency", "noise.png", "weights=last"): "a base has its published weights alone"}.items():
        shutil.rmtree("runs", ignore_errors=True)
        assert route(["inspect", "efficientnet_lite0", *words]) == 2
        assert said in capsys.readouterr().err and not Path("runs").exists(), words


def test_a_run_of_that_name_comes_before_a_base(go, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = go("dataset=digits", "model=dense", "model.hidden=[4]", "epochs=1", "max_steps=1").folder
    shutil.move(run, tmp_path / "vgg16")
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    capsys.readouterr()
    assert route(["predict", "vgg16", "black.png", "top=3"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header == "input,class,p,class_2,p_2,class_3,p_3" and row.split(",")[1] in "0123456789"


def test_a_word_that_is_neither_run_nor_base_is_said_without_torch_being_asked(capsys: pytest.CaptureFixture[str]
                                                                              ) -> None:
    assert route(["predict", "efficientnet_lite9", __file__]) == 2
    assert "neither a folder nor the beginning of a run's id" in capsys.readouterr().err
    assert not is_base_name("3f9c") and all(name.startswith(FAMILIES) for name in names())


@pytest.mark.parametrize("top", ["top=0", "top=2"])
def test_top_is_for_classes(go, top: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = go("dataset=diabetes", "model=dense", "model.hidden=[4]", "epochs=1", "max_steps=1").folder
    (tmp_path / "rows.csv").write_text("age,sex,bmi,bp,s1,s2,s3,s4,s5,s6\n" + ",".join(["0"] * 10) + "\n")
    capsys.readouterr()
    assert route(["predict", str(run), "rows.csv", top]) == 2
    said = capsys.readouterr().err
    assert ("expected an integer >= 1" if top == "top=0" else "expected a run that predicts one class") in said


def test_older_names_of_densenets_weights_are_known() -> None:
    base, whole = TorchvisionBase("densenet121"), module.features("densenet121")[1]
    state = whole.state_dict()
    older = {re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)\.", r"\1.\2.", name): value for name, value in state.items()}
    assert older.keys() != state.keys(), "as torchvision publishes them"
    assert base.renamed(older).keys() == base.renamed(state).keys()
    base.build(64, None).load_state_dict(dict(base.renamed(older)))


def test_weights_that_are_not_here_are_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("DLRUN_CACHE", "DLRUN_DATA", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))

    def published(word: str):
        url = "http://127.0.0.1:9/squeezenet1_1-01234567.pth"
        return type("Weights", (), {"url": url, "meta": {"categories": "ab"},
                                    "transforms": lambda: own})

    own = module.published("squeezenet1_1").transforms()
    monkeypatch.setattr(module, "published", published)
    with pytest.raises(ConfigError, match="could not be downloaded.*without a network there are"):
        load_base("squeezenet1_1")
