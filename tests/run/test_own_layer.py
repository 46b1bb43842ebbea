"""A user's torch.nn.Module stands in a list of layers by ``_target_``: checked, trained, resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config.identity import identity
from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import preflight
from tests.run.stops import killed_after
from tests.whole.equal import assert_same_run

MODULE = """
import torch

class Gate(torch.nn.Module):
    def __init__(self, input_shape, width):
        super().__init__()
        self.into = torch.nn.Linear(input_shape[0], width)
        self.drop = torch.nn.Dropout(0.5)

    def forward(self, x):
        return self.drop(torch.sigmoid(self.into(x)))
"""
SPEC = """
from dataclasses import dataclass
from dlrun.config.schema.fields import number
from dlrun.models.layer import Layer

@dataclass(frozen=True)
class Double(Layer):
    kind = "double"
    by: float = number(2.0, "factor", low=0)

    def build(self, shape, rng, parts):
        from dlrun.models.layers.activation_module import Activation
        return Activation(lambda x: self.by * x, self.text())
"""
LIST = ["dataset=iris", "model=sequential", "epochs=2"]


def layers(*items: str) -> list[str]:
    return [*LIST, f"model.layers=[{','.join(items)}]"]


@pytest.fixture(autouse=True)
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("own_gate.py").write_text(MODULE)
    Path("own_double.py").write_text(SPEC)


GATE = layers("{_target_: own_gate.Gate, width: 5}", "{dense: out}")


def test_its_shape_and_its_parameters_are_known_before_the_start() -> None:
    rows = preflight([*GATE, "allow=own_gate"]).table()
    assert rows is not None
    assert [(row.name, row.output_shape, row.trainable) for row in rows] == [
        ("Gate_1", (5,), 4 * 5 + 5), ("dense_1", (3,), 5 * 3 + 3)]


def test_a_spec_of_the_users_own_is_read_as_ours_are() -> None:
    checked = preflight([*layers("{_target_: own_double.Double, by: 3}", "{dense: out}"), "allow=own_double"])
    assert checked.layers is not None and checked.layers[0].by == 3.0
    with pytest.raises(ConfigError, match="by=-1"):
        preflight([*layers("{_target_: own_double.Double, by: -1}", "{dense: out}"), "allow=own_double"])


@pytest.mark.parametrize(("overrides", "given", "expected"), [
    (GATE, "model.layers[0]._target_=own_gate.Gate", "allow it by  allow=own_gate"),
    ([*layers("{_target_: own_gate.Gat}", "{dense: out}"), "allow=own_gate"], "model.layers[0]._target_=own_gate.Gat",
     "own_gate defines no Gat"),
    ([*layers("{_target_: nowhere.Gate}", "{dense: out}"), "allow=nowhere"], "model.layers[0]._target_=nowhere.Gate",
     "no module nowhere"),
    ([*layers("{_target_: own_gate.Gate, wide: 5}", "{dense: out}"), "allow=own_gate"], "model=sequential",
     "own_gate.Gate, wide: no such argument; it takes input_shape, width"),
    ([*layers("{_target_: own_gate.Gate, width: -5}", "{dense: out}"), "allow=own_gate"], "model=sequential",
     "could not be made: "),
])
def test_what_is_wrong_is_a_sentence(overrides: list[str], given: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preflight(overrides)
    (problem,) = caught.value.problems
    assert problem.given == given and expected in problem.expected


def test_its_code_is_part_of_what_a_run_is() -> None:
    overrides = [*GATE, "allow=own_gate"]
    before = identity(preflight(overrides).config)
    assert identity(preflight(overrides).config) == before
    Path("own_gate.py").write_text(MODULE.replace("sigmoid", "tanh"))
    assert identity(preflight(overrides).config) != before


def test_a_killed_run_ends_with_the_bits_of_one_that_was_not(go) -> None:
    overrides = [*GATE, "allow=own_gate", "batch_size=32", "checkpoint_seconds=0"]
    whole = go(*overrides, "output_dir=whole")
    with killed_after(5):
        go(*overrides, "output_dir=killed")
    again = go(*overrides, "output_dir=killed")
    assert whole.result["parameters"] == 4 * 5 + 5 + 5 * 3 + 3
    assert_same_run(whole.folder, again.folder)
