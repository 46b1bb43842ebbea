"""`dlrun check`: a run that computes the same bits again is told from one that does not, by layer and step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.cli.route import route
from dlrun.engine.compiled.step import CompiledStep
from dlrun.run.trajectory import OUTPUT, Trajectory, checksum
from tests.helpers.compiler import needs_compiler
from tests.helpers.runs import custom

FEW = ["dataset=digits", "batch_size=100", "threads=1", "device=cpu"]
MINE = """
import torch
TIMES = []
class Odd(torch.nn.Module):
    def forward(self, x):
        BODY
class Mine(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.flat, self.first, self.odd, self.last = (
            torch.nn.Flatten(), torch.nn.Linear(64, 8), Odd(), torch.nn.Linear(8, outputs))
        self.calls = 0
    def forward(self, x):
        self.calls += self.training
        self.odd.calls = self.calls
        return self.last(self.odd(self.first(self.flat(x))))
"""


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs" / "model").mkdir(parents=True, exist_ok=True)

    def call(*words: str, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        assert route(["check", *FEW, *words, "json=true"]) == code
        return json.loads(capsys.readouterr().out)["data"]

    return call


def own(body: str) -> list[str]:
    return custom(Path.cwd(), MINE.replace("BODY", body), "Mine")


def test_dropout_and_momentum_over_an_epochs_end_are_the_same_again_and_resumed(checked, tmp_path: Path) -> None:
    found = checked("model=dense", "model.hidden=[8]", "model.dropout=0.5", "train_size=500", "steps=8")
    assert found["equal"] and found["steps"] == 8 and found["interrupted_after"] == 4
    assert not (tmp_path / "runs").exists(), "nothing is left"


@pytest.mark.parametrize("change", ["lr: 0.01", "freeze: [dense_1]"])
def test_a_run_that_is_interrupted_within_a_phase_is_the_same_resumed(checked, change: str) -> None:
    found = checked("model=dense", "model.hidden=[8]", "train_size=500", f"phases=[{{epoch: 2, {change}}}]",
                    "steps=12")  # 4 an epoch
    assert found["equal"] and found["interrupted_after"] == 6


@needs_compiler
def test_compiled_steps_are_compared_where_they_are_asked_for(checked, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("model=dense", "model.hidden=[8]", "model.dropout=0.5", "train_size=500", "steps=8", "speed=compiled")
    found = checked(*words)
    assert found["equal"] and found["steps"] == 8 and found["interrupted_after"] == 4
    take, taken = CompiledStep.__call__, []

    def call(self, batch, step):
        taken.append(step)
        take(self, batch, step)
        if len(taken) == 10:  # the second step of the second training
            self.players["model"].weights[0].data.mul_(1.001)

    monkeypatch.setattr(CompiledStep, "__call__", call)
    again = checked(*words, code=1)["again"]
    assert (again["step"], again["what"]) == (2, "weight")


def test_a_layer_that_counts_calls_of_the_process_is_named_at_its_first_step(checked) -> None:
    found = checked(*own("TIMES.append(0); return x + len(TIMES)"), "steps=4", code=1)
    assert found["again"] == {"step": 1, "what": "output", "where": "odd", "count": found["again"]["count"]}
    assert found["again"]["count"] > 2, "what follows from it differs too"


def test_state_that_no_checkpoint_holds_is_named_at_the_first_step_after_the_interruption(checked) -> None:
    found = checked(*own("return x * self.calls"), "steps=6", code=1)
    assert found["again"] is None
    assert (found["resumed"]["step"], found["resumed"]["what"], found["resumed"]["where"]) == (4, "output", "odd")


def test_the_line_names_step_and_layer(checked, capsys: pytest.CaptureFixture[str]) -> None:
    assert route(["check", *FEW, *own("return x * self.calls"), "steps=2"]) == 1
    said = capsys.readouterr().out
    assert "the same again                        equal, bit for bit" in said
    assert "differs from step 2 on; first in the output of odd" in said


def test_a_run_that_diverges_is_compared_up_to_there(checked) -> None:
    found = checked("model=dense", "optimizer=sgd", "optimizer.lr=1e30", "steps=5")
    assert found["equal"] and "NaN" in found["diverged"]


def test_a_mistake_is_refused_before_anything_is_trained(checked) -> None:
    assert route(["check", "modle=cnn"]) == 2


def test_a_checksum_is_of_bits() -> None:
    ones = torch.ones(2, 3)
    assert checksum(ones) == checksum(ones.t().contiguous().t())
    assert checksum(torch.zeros(())) != checksum(-torch.zeros(()))
    assert checksum(ones.bfloat16()) != checksum(ones.half())
    less, more = Trajectory({1: [(OUTPUT, "a", 1)]}), Trajectory({1: [(OUTPUT, "a", 1), (OUTPUT, "b", 2)]})
    found = less.difference(more)
    assert found is not None and (found.step, found.where, found.count) == (1, "b", 1)
