"""Data of a user's own code, by `_target_`: the example of its docstring, torch Datasets, and what is refused."""

from __future__ import annotations

import re
import textwrap

import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.sets.custom import Custom
from dlrun.preflight.preflight import preflight


def blocks() -> list[str]:
    """The indented blocks of the docstring's example: the module, then the YAML file."""
    found = re.findall(r"::\n\n(.*?)(?=\n\n    \S|\Z)", Custom.__doc__ or "", re.S)
    return [textwrap.dedent(block) for block in found]


@pytest.fixture
def waves(write, folder, monkeypatch):
    code, options = blocks()
    write({"waves.py": code, "configs/dataset/waves.yaml": options})
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_the_docstrings_example_trains_and_is_found_again(waves, go):
    overrides = ("dataset=waves", "model=dense", "allow=waves", "epochs=20")
    first = go(*overrides)
    assert first.result["config"]["dataset.test"] == 0.25 and first.result["test"]["accuracy"] > 0.8
    assert go(*overrides).folder == first.folder
    assert go(*overrides, "dataset.test=0.5").folder != first.folder
    assert go(*overrides, "dataset.rows=300").folder != first.folder


def test_another_source_is_another_run(waves):
    before = preflight(["dataset=waves", "model=dense", "allow=waves"])
    with (waves / "waves.py").open("a") as file:
        file.write("\n# another\n")
    after = preflight(["dataset=waves", "model=dense", "allow=waves"])
    assert before.config.dataset.source != after.config.dataset.source


@pytest.mark.parametrize(("overrides", "says"), [
    (["dataset=waves"], "allow it by  allow=waves"),
    (["dataset=waves", "allow=waves", "+dataset.speed=3"], "no such argument; it takes rows"),
    (["dataset=waves", "allow=waves", "dataset.test=-1"], "number >= 0"),
    (["dataset=waves", "allow=other"], "allow it by  allow=waves"),
])
def test_what_is_wrong_is_said_before_anything_is_trained(waves, overrides, says):
    with pytest.raises(ConfigError, match=re.escape(says)):
        preflight([*overrides, "model=dense"])


def test_a_torch_dataset_is_read_and_one_without_arrays_refused(write, folder, monkeypatch, go):
    write({"kept.py": """\
import torch

class Kept(torch.utils.data.Dataset):
    classes = ["even", "odd"]
    def __len__(self): return 40
    def __getitem__(self, place): return torch.full((1, 8, 8), float(place % 2)), place % 2

def nothing(): return None
""", "configs/dataset/kept.yaml": "# Kept.\n_target_: kept.Kept\n",
           "configs/dataset/nothing.yaml": "# Nothing.\n_target_: kept.nothing\n"})
    monkeypatch.syspath_prepend(str(folder))
    outcome = go("dataset=kept", "model=cnn", "model.filters=4", "allow=kept", "epochs=40", "batch_size=8")
    assert outcome.result["status"] == "finished"
    assert outcome.result["test"]["accuracy"] == 1.0
    with pytest.raises(ConfigError, match="it is a NoneType"):
        preflight(["dataset=nothing", "allow=kept", "model=dense"])


def test_a_file_that_names_the_kind_itself_is_not_allowed_by_that(write, folder):
    write({"configs/dataset/sly.yaml": "# Sly.\nkind: custom\ntarget: os.getcwd\n"})
    with pytest.raises(ConfigError, match="allow it by  allow=os"):
        preflight(["dataset=sly", "model=dense"])
    with pytest.raises(ConfigError, match="no such dataset"):
        preflight(["dataset=custom", "dataset.target=os.getcwd"])
