"""Rows that a program measures come to what torch's operations make of them, batch by batch."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.assembly.components import RunComponents
from dlrun.data.batches import Rows
from dlrun.engine.compiled.evaluation import CompiledEvaluation
from dlrun.engine.compiled.step import CompiledStep
from dlrun.run.compiled import compiled_evaluation
from tests.engine.packed.together import in_float64, make
from tests.engine.test_embeddings_as_programs import LISTS, command, reviews
from tests.helpers.compiler import needs_compiler

__all__ = ["in_float64", "reviews"]
pytestmark = needs_compiler
DENSE = ["dataset=digits", "model=dense", "model.hidden=[12,8]", "train_size=300"]
CASES = {
    "dropout and batch norm": [*DENSE, "model.dropout=0.3", "model.batch_norm=true"],
    "class weights, which count in training alone": [*DENSE, "task.class_weights=balanced", "model.l2=0.01"],
    "two classes": ["dataset=breast_cancer", "model=dense", "train_size=300"],
    "numbers": ["dataset=diabetes", "model=dense", "model.hidden=[9]", "task.loss=mae"],
    "several labels": ["dataset=discs", "model=dense", "task=multi_label", "train_size=300"],
    "quantiles": ["dataset=diabetes", "model=dense", "task=quantile"],
    "an ensemble for tables": ["dataset=wine", "model=tabular", "model.hidden=[8]", "model.members=3",
                               "validation=0.5"],
    "an ensemble of two classes": ["dataset=breast_cancer", "model=tabular", "model.hidden=[8]", "model.members=3",
                                   "train_size=200"],
    "an autoencoder with noise": ["dataset=digits", "model=autoencoder", "model.hidden=[16]", "task.masked=0.2",
                                  "train_size=300"],
    "a vae": ["dataset=digits", "model=vae", "model.hidden=[16]", "train_size=300"],
}
GAN = ["dataset=digits", "model=gan", "train_size=200", "task.label_noise=0.05"]
BATCH = 40  # of 288, 91 or 100 rows, the last with fewer


def measured(components: RunComponents, rows: Rows, program: CompiledEvaluation | None,
             shown: bool) -> tuple[dict[str, float], list[Any], list[Any], int]:
    """Metrics, the outputs and targets of each batch as the model and as its loss gives them, and the batches that
    torch has measured."""
    passed: list[Any] = []
    components.program, taken = program, []
    loss = components.task.loss

    def noted(player, *given):
        taken.append(player)
        return loss(player, *given)

    components.task.loss = noted
    try:
        values = components.measure(rows, nullcontext, passed if shown else None)
    finally:
        del components.task.loss
    split = "val" if rows is components.val else "test"
    return values, passed, components.gathered.get(split, []), taken.count(taken[0]) if taken else 0


def compare(folder: Path, words: list[str], change, monkeypatch: pytest.MonkeyPatch, tolerance: float) -> None:
    monkeypatch.setattr("dlrun.assembly.build_run._evaluate_batch", lambda *given: BATCH)
    [(components, training)] = make(folder, [[*words, "epochs=1"]], change)
    said: list[str] = []
    step = CompiledStep(training.step, training.batches)
    program = compiled_evaluation(step, components, said.append)
    assert program is not None, said
    shown = bool(components.config.task.plots().outputs) and components.gathers(components.val)
    for _ in range(2):
        for rows in (components.val, components.test):
            torchs, mine = (measured(components, rows, each, shown) for each in (None, program))
            assert mine[0] == pytest.approx(torchs[0], rel=tolerance, abs=tolerance)
            for one, other in zip(torchs[1:3], mine[1:3]):
                torch.testing.assert_close(other, one, rtol=tolerance, atol=tolerance)
            assert torchs[3] == -(-rows.count // BATCH) and mine[3] == (rows.count % BATCH > 0)
        with torch.no_grad():  # as steps do it: in place
            for number, value in enumerate([*components.model.parameters(), *components.model.buffers()]):
                if value.is_floating_point():
                    g = torch.Generator().manual_seed(number)
                    value += 0.1 * torch.rand(value.shape, generator=g, dtype=value.dtype)


@pytest.mark.parametrize("name", CASES)
def test_in_float64(name: str, tmp_path: Path, in_float64, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(tmp_path, CASES[name], in_float64, monkeypatch, 1e-10)


@pytest.mark.parametrize("words", [CASES["dropout and batch norm"], CASES["a vae"], GAN], ids=lambda words: words[1])
def test_in_float32(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(tmp_path, words, lambda components: None, monkeypatch, 1e-4)


def test_of_words(tmp_path: Path, reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    compare(tmp_path, command(reviews, LISTS["places"]), lambda components: None, monkeypatch, 1e-4)


def test_metrics_of_a_users_choice_see_the_same_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Seen:
        def reset(self) -> None:
            self.batches: list[Any] = []

        def update(self, outputs, targets) -> None:
            self.batches.append((outputs, targets))

        def compute(self) -> float:
            return float(len(self.batches))

    monkeypatch.setattr("dlrun.assembly.build_run._evaluate_batch", lambda *given: BATCH)
    [(components, training)] = make(tmp_path, [[*CASES["quantiles"], "task=regress"]])
    components.chosen_metrics, seen = {"mine": Seen()}, []
    program = compiled_evaluation(CompiledStep(training.step, training.batches), components, pytest.fail)
    for each in (None, program):
        assert measured(components, components.val, each, False)[0]["mine"] == -(-components.val.count // BATCH)
        seen.append(components.chosen_metrics["mine"].batches)
    torch.testing.assert_close(*seen)


def test_a_class_that_no_member_thinks_possible_is_infinitely_wrong(tmp_path: Path) -> None:
    [(components, training)] = make(tmp_path, [CASES["an ensemble for tables"]])
    program = compiled_evaluation(CompiledStep(training.step, training.batches), components, pytest.fail)
    last = [value for name, value in components.model.named_parameters() if name.endswith("bias")][-1]
    with torch.no_grad():
        last[..., 1] = -torch.inf
    torchs, mine = (measured(components, components.val, each, False) for each in (None, program))
    assert torchs[0]["loss"] == torch.inf
    assert mine[0] == pytest.approx(torchs[0], rel=1e-4)


def test_rows_that_are_not_on_the_device_are_measured_by_torch(tmp_path: Path) -> None:
    [(components, training)] = make(tmp_path, [[*DENSE, "resident=false"]])
    said: list[str] = []
    assert compiled_evaluation(CompiledStep(training.step, training.batches), components, said.append) is None
    assert said == ["evaluation is not compiled: rows that are read when they are needed"]


def test_rows_of_another_count_are_measured_in_torchs_batches(tmp_path: Path,
                                                              monkeypatch: pytest.MonkeyPatch) -> None:
    """Made for 71 validation rows in one batch, it is no program for 89 test rows."""
    monkeypatch.setattr("dlrun.assembly.build_run._evaluate_batch", lambda *given: 100)
    [(components, training)] = make(tmp_path, [CASES["numbers"]])
    program = compiled_evaluation(CompiledStep(training.step, training.batches), components, pytest.fail)
    assert components.val.count < components.test.count < 100
    assert measured(components, components.val, program, True)[3] == 0
    assert measured(components, components.test, program, True)[3] == 1
