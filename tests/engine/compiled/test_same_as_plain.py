"""A compiled step is the step that torch's operations make, to rounding: the same rows, masks, rates and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from dlrun.engine.compiled.step import CompiledStep
from dlrun.record.metrics import read
from tests.engine.packed.together import Weights, alone, distance, in_float64, make, weights_of
from tests.helpers.compiler import needs_compiler

__all__ = ["in_float64"]
pytestmark = needs_compiler
DIGITS = ["dataset=digits", "model=dense", "model.hidden=[12,8]", "batch_size=24", "epochs=20",
          "train_size=700"]  # 24 steps in an epoch, the last with fewer rows
OPTIMIZERS = {"sgd": "0.1", "momentum": "0.02", "nesterov": "0.03", "rmsprop": "0.002", "adam": "0.003",
              "adamw": "0.003", "adagrad": "0.05", "adadelta": "0.5", "adamax": "0.004", "nadam": "0.001"}
QUICK = ("rmsprop", "adam")


def compiled(runs: Sequence) -> list[Weights]:
    """The weights at the end of runs whose steps were compiled."""
    for _, training in runs:
        step = CompiledStep(training.step, training.batches)
        training.step, training.batches = step, step.batches
    return alone(runs)


def apart(tmp_path: Path, command: list[str], change) -> float:
    """How far the weights of a run are from those of the same with compiled steps, and whether they have moved."""
    plain = make(tmp_path / "plain", [command], change)
    start = weights_of(plain)
    expected = alone(plain)
    assert distance(expected, start) > 0.01, "nothing has moved"
    found = distance(compiled(make(tmp_path / "compiled", [command], change)), expected)
    rows = [read(tmp_path / place / "0" / "metrics.jsonl") for place in ("plain", "compiled")]
    assert len(rows[0]) == len(rows[1]) > 0
    for one, other in zip(*rows):
        assert {k: v for k, v in other.items() if k != "seconds"} == pytest.approx(
            {k: v for k, v in one.items() if k != "seconds"}, rel=1e-9, abs=1e-12)
    return found


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
                                  for name in OPTIMIZERS])
def test_every_optimizer_in_float64(name: str, tmp_path, in_float64) -> None:
    command = [*DIGITS, f"optimizer={name}", f"optimizer.lr={OPTIMIZERS[name]}", "model.dropout=0.2", "max_steps=200"]
    assert apart(tmp_path, command, in_float64) < 1e-10


CASES = {
    "dropout, input dropout and l2": ["model.dropout=0.3", "model.input_dropout=0.1", "model.l2=0.01",
                                      "model.l1=0.001"],
    "batch norm": ["model.batch_norm=true"],
    "clipped norm": ["optimizer.clip_norm=0.5"],
    "clipped values and largest norm": ["optimizer.clip_value=0.01", "model.max_norm=1"],
    "class weights": ["task.class_weights=balanced"],
    "a schedule with warm-up": ["schedule=cosine", "schedule.warmup=30"],
    "plateau": ["schedule=plateau", "schedule.patience=1", "schedule.min_delta=10"],
    "rows in their order": ["shuffle=false"],
    "amsgrad": ["optimizer=adam", "optimizer.amsgrad=true"],
    "two classes": ["dataset=breast_cancer", "train_size=300"],
    "binary cross entropy of classes": ["task.loss=binary_cross_entropy"],
    "squares of probabilities": ["task.loss=mse"],
    "numbers": ["dataset=diabetes", "task.loss=mae", "train_size=300"],
    "several labels": ["dataset=discs", "train_size=300", "task=multi_label"],
    "quantiles": ["dataset=diabetes", "task=quantile", "train_size=300"],
    "single rows": ["dataset=diabetes", "train_size=150", "batch_size=1"],
    "an autoencoder": ["model=autoencoder", "model.hidden=[16]", "model.dropout=0.2"],
    "squared errors of an autoencoder": ["model=autoencoder", "model.hidden=[16]", "task.loss=mse"],
    "a vae": ["model=vae", "model.hidden=[16]"],
    "a vae of squared errors": ["model=vae", "model.hidden=[16]", "task.loss=mse"],
    **{name: [f"model.activation={name}"] for name in
       ("leaky_relu", "elu", "selu", "gelu", "swish", "tanh", "sigmoid", "hard_sigmoid", "softplus", "softsign")},
}
FEW = ("a vae", "several labels", "quantiles", "dropout, input dropout and l2", "batch norm", "two classes",
       "single rows", "tanh")


@pytest.mark.parametrize("name", [name if name in FEW else pytest.param(name, marks=pytest.mark.slow)
                                  for name in CASES])
def test_what_else_a_run_has_in_float64(name: str, tmp_path, in_float64) -> None:
    assert apart(tmp_path, [*DIGITS, *CASES[name], "max_steps=60"], in_float64) < 1e-10


@pytest.mark.parametrize("where", ["true", "false"])  # rows on the device, and from the host
def test_in_float32_weights_agree_to_rounding(where: str, tmp_path) -> None:
    command = [*DIGITS, "model.dropout=0.2", "model.l2=0.001", "model.activation=tanh", "max_steps=200",
               f"resident={where}"]
    expected = alone(make(tmp_path / "plain", [command]))
    assert distance(compiled(make(tmp_path / "compiled", [command])), expected) < 2e-4
