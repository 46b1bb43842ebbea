"""A user's own model by _target_: it trains, and its source is part of what the run is."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest
import torch

from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from tests.helpers.runs import custom
from tests.whole.equal import assert_same_run

SOURCE = """
import torch
class Wide(torch.nn.Module):
    def __init__(self, outputs, input_shape, width=8):
        super().__init__()
        count = input_shape[0] * input_shape[1] * input_shape[2]
        self.layers = torch.nn.Sequential(
            torch.nn.Flatten(), torch.nn.Linear(count, width), torch.nn.ReLU(), torch.nn.Linear(width, outputs))
    def forward(self, x):
        return self.layers(x)
"""
TRAIN = ["dataset=digits", "batch_size=32", "epochs=4", "optimizer.lr=0.01"]


def mine(source: str = SOURCE, width: int | None = 24, name: str = "Wide") -> list[str]:
    overrides = custom(Path.cwd(), source, name)
    if width is not None:
        with Path("configs/model/mine.yaml").open("a") as file:
            file.write(f"width: {width}\n")
    return [*TRAIN, *overrides]


def test_it_trains_and_gets_its_arguments_from_yaml_and_command_line(go) -> None:
    outcome = go(*mine())
    assert outcome.result["test"]["accuracy"] > 0.85
    assert outcome.result["parameters"] == 64 * 24 + 24 + 24 * 10 + 10
    assert outcome.folder.parent.name == "digits-mine-adam"
    assert outcome.result["config"]["model._target_"] == "mine.Wide"
    assert outcome.result["config"]["model.width"] == 24
    wider = go(*mine(), "model.width=30", "epochs=1")
    assert wider.result["parameters"] == 64 * 30 + 30 + 30 * 10 + 10


def test_its_source_is_part_of_the_identity(go) -> None:
    overrides = [*mine(), "epochs=1"]
    config = preflight(overrides).config
    assert config.model.source == hashlib.sha256(Path("mine.py").read_bytes()).hexdigest()
    first = go(*overrides)
    assert go(*overrides).found
    overrides = [*mine(SOURCE.replace("ReLU", "Tanh")), "epochs=1"]
    changed = go(*overrides)
    assert not changed.found and changed.folder.parent == first.folder.parent and changed.folder != first.folder
    assert changed.result["test"] != first.result["test"], "the new code ran"
    assert go(*[*mine(), "epochs=1"]).found, "the old source is the old run again"


def test_its_initial_weights_come_from_the_seed(go) -> None:
    torch.manual_seed(1)
    one = go(*mine(), "epochs=1", "output_dir=one")
    torch.manual_seed(2)
    other = go(*mine(), "epochs=1", "output_dir=other")
    assert_same_run(one.folder, other.folder)
    assert go(*mine(), "epochs=1", "seed=5").result["test"] != one.result["test"]


def test_it_has_to_be_allowed_on_the_command_line(go) -> None:
    overrides = mine()
    overrides.remove("allow=mine")
    sys.modules.pop("mine", None)
    with pytest.raises(ConfigError, match="its code would run; allow it by  allow=mine  on the command line"):
        go(*overrides)
    with pytest.raises(ConfigError):
        go(*overrides, "allow=other")
    assert "mine" not in sys.modules, "nothing was imported"
    assert not Path("runs").exists()


def test_an_argument_that_it_does_not_take_is_said(go) -> None:
    with pytest.raises(ConfigError, match="mine.Wide: no such argument; it takes outputs, input_shape, width"):
        go(*mine(), "+model.depth=3")


def test_an_argument_that_nothing_gives_is_said(go) -> None:
    with pytest.raises(ConfigError, match="model.wide .*it has no default, and no value is given; dlrun itself gives "
                                          "outputs, input_shape"):
        go(*mine(SOURCE.replace("width=8", "wide").replace("width", "wide"), width=None))
    assert not Path("runs").exists()


def test_a_class_that_is_no_module_is_said(go) -> None:
    source = "class Wide:\n    def __init__(self, outputs): pass\n"
    with pytest.raises(ConfigError, match="expected a torch.nn.Module, not a Wide"):
        go(*mine(source, width=None))


def test_buffers_and_batch_norm_of_its_own_are_kept(go) -> None:
    source = SOURCE.replace("torch.nn.ReLU()", "torch.nn.BatchNorm1d(width), torch.nn.ReLU()")
    outcome = go(*mine(source), "epochs=2")
    model = torch.load(outcome.folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]
    assert int(model["layers.2.num_batches_tracked"]) == outcome.result["steps"], "evaluation left it alone"
