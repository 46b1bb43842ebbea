"""A member of a pack is the run that it is alone, to rounding: the same rows, masks, rates, penalties and metrics."""

from __future__ import annotations

import pytest

from dlrun.record.metrics import read
from tests.engine.packed.together import alone, distance, in_float64, make, packed, weights_of

__all__ = ["in_float64"]
DIGITS = ["dataset=digits", "model=dense", "model.hidden=[12,8]", "batch_size=24", "epochs=20",
          "train_size=700"]  # 24 steps in an epoch, the last with fewer rows
MEMBERS = [["seed=0"], ["seed=2", "optimizer.lr={}"]]
OPTIMIZERS = {"sgd": "0.1", "momentum": "0.02", "nesterov": "0.03", "rmsprop": "0.002", "adam": "0.003",
              "adamw": "0.003", "adagrad": "0.05", "adadelta": "0.5", "adamax": "0.004", "nadam": "0.001"}


def commands(*common: str, members: list[list[str]], rate: str = "0.002") -> list[list[str]]:
    return [[*DIGITS, *common, *(word.format(rate) for word in own)] for own in members]


QUICK = ("momentum", "rmsprop", "adam")  # the formulas of all are in tests/engine/test_many_at_once.py


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
                                  for name in OPTIMIZERS])
def test_every_optimizer_in_float64(name: str, tmp_path, in_float64) -> None:
    own = commands(f"optimizer={name}", "model.dropout=0.2", "max_steps=200", members=MEMBERS, rate=OPTIMIZERS[name])
    runs = make(tmp_path / "alone", own, in_float64)
    start = weights_of(runs)
    expected = alone(runs)
    assert distance(expected, start) > 0.01, "nothing has moved"
    assert distance(packed(make(tmp_path / "pack", own, in_float64)), expected) < 1e-10


CASES = {
    "dropout of other rates": ([], [["model.dropout=0.1"], ["model.dropout=0.5", "seed=3"], ["model.dropout=0.3"]]),
    "input dropout and l2": (["model.input_dropout=0.1"], [["model.l2=0.01"], ["model.l1=0.001"], ["seed=5"]]),
    "batch norm": (["model.batch_norm=true"], [["seed=0"], ["seed=1"], ["optimizer.lr=0.01"]]),
    "clipped norm": (["optimizer.clip_norm=0.5"], [["seed=0"], ["optimizer.clip_norm=0.1"]]),
    "clipped values": (["optimizer.clip_value=0.01"], [["seed=0"], ["optimizer.clip_value=0.002"]]),
    "largest norm": (["model.max_norm=1"], [["seed=0"], ["model.max_norm=0.7"]]),
    "class weights": (["task.class_weights=balanced"], [["seed=0"], ["seed=1"]]),
    "schedules": ([], [["schedule=cosine"], ["schedule=exponential"], ["schedule=step"], ["schedule.warmup=30"],
                       ["schedule=inverse_time"]]),
    "plateau": (["schedule=plateau", "schedule.patience=1"], [["schedule.min_delta=10"], ["seed=1"]]),
    "other lengths": ([], [["max_steps=50"], ["max_steps=55"], ["max_steps=30"]]),
    "rows in their order": (["shuffle=false"], [["seed=0"], ["seed=1"]]),
    "other splits": (["validation={kind: holdout, size: 80, take: random}"], [["seed=0"], ["seed=1"]]),
    "activations": (["model.activation=tanh"], [["model.init=he_normal"], ["seed=1"]]),
    "two classes": (["dataset=breast_cancer", "train_size=300"], [["seed=0"], ["seed=1"]]),
    "numbers": (["dataset=diabetes", "task.loss=mae", "train_size=300"], [["seed=0"], ["seed=1"]]),
    "autoencoders": (["model=autoencoder", "model.hidden=[16]", "model.dropout=0.2"], [["seed=0"], ["seed=1"]]),
    "squared errors of an autoencoder": (["model=autoencoder", "model.hidden=[16]", "task.loss=mse"],
                                         [["model.l2=0.01"], ["seed=1"]]),
    "convolutions": (["model=cnn", "model.filters=[3,4]", "model.hidden=[6]", "model.dropout=0.2"],
                     [["seed=0"], ["model.l2=0.01"], ["seed=2", "optimizer.lr=0.01"]]),
    "convolutions with batch norm": (["model=cnn", "model.filters=[3]", "model.hidden=[6]", "model.batch_norm=true"],
                                     [["seed=0"], ["seed=1"]]),
    "vaes": (["model=vae", "model.hidden=[16]"], [["seed=0"], ["seed=1", "optimizer.lr=0.01"]]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_else_a_run_has_in_float64(name: str, tmp_path, in_float64) -> None:
    common, members = CASES[name]
    own = commands(*common, "max_steps=60", members=members)
    expected = alone(make(tmp_path / "alone", own, in_float64))
    assert distance(packed(make(tmp_path / "pack", own, in_float64)), expected) < 1e-10
    rows = [[read(tmp_path / place / str(k) / "metrics.jsonl") for k in range(len(own))] for place in ("alone", "pack")]
    for single, member in zip(*rows):
        assert [row["step"] for row in single] == [row["step"] for row in member]
        for a, b in zip(single, member):
            assert {k: v for k, v in b.items() if k != "seconds"} == pytest.approx(
                {k: v for k, v in a.items() if k != "seconds"}, rel=1e-9, abs=1e-12)


def test_in_float32_weights_agree_to_rounding(tmp_path) -> None:
    own = commands("model.dropout=0.2", "model.l2=0.001", "max_steps=200", members=MEMBERS)
    expected = alone(make(tmp_path / "alone", own))
    apart = distance(packed(make(tmp_path / "pack", own)), expected)
    assert apart < 2e-4  # 200 steps of Adam let differences in the last bit grow
