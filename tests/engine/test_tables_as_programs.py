"""Networks made for tables, of numbers and of words, in packs and compiled: they are the runs that they are alone."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from dlrun.engine.fit import Diverged, fit_steps
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.pack import execute_together
from dlrun.engine.packed.places import PlaceBatches
from dlrun.record.metrics import read
from tests.engine.compiled.test_same_as_plain import apart
from tests.engine.packed.together import alone, distance, in_float64, make, packed, weights_of
from tests.helpers.compiler import needs_compiler

__all__ = ["in_float64"]
OPTIMIZERS = {"sgd": "0.1", "momentum": "0.02", "nesterov": "0.03", "rmsprop": "0.002", "adam": "0.003",
              "adamw_tabular": "0.003", "adagrad": "0.05", "adadelta": "0.5", "adamax": "0.004", "nadam": "0.001"}
EACH = [name if name == "adamw_tabular" else pytest.param(name, marks=pytest.mark.slow) for name in OPTIMIZERS]
TARGETS = {"two classes": "income", "three classes": "grade", "numbers": "wage"}
SIZES = ["model=tabular", "model.hidden=[6,5]", "model.members=4", "model.embed=3", "model.bins=5", "batch_size=24",
         "epochs=40", "optimizer=adam", "optimizer.lr=0.01"]
LISTS = {
    "words alone": ["model=tabular", "model.hidden=7", "model.embed_words=2"],
    "columns as they are": ["model.embed=0"],
    "a head alone": ["model.hidden=[33]", "model.members=3"],
    "heads of classes whose products are large": ["model.hidden=[40]", "model.members=2", "batch_size=120"],
}
# No Adam: it divides gradients by their own size, and those of biases before batch norm are rounding.
DENSE = ["model=dense", "model.hidden=[8]", "model.batch_norm=true", "model.dropout=0.2", "batch_size=24", "epochs=40",
         "optimizer=momentum", "optimizer.lr=0.01", "max_steps=60"]
SEVERAL = {
    "a number and classes": ["dataset.target=[wage,grade,income]", "task.loss_weights={grade: 0.5}"],
    "labels": ["dataset.target=[income,rich]", "dataset.drop=[wage,grade]", "task=multi_label"],
    "quantiles": ["dataset.target=wage", "dataset.drop=[income,grade]", "task=quantile"],
}


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Numbers with a heavy tail and with holes, words with many and with few values, and three targets."""
    path = tmp_path_factory.mktemp("tables") / "people.csv"
    draw = random.Random(0)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "hours", "gain", "job", "town", "sex", "income", "grade", "wage", "rich"])
        for _ in range(300):
            age, hours, gain = draw.randint(17, 80), draw.randint(1, 60), draw.choice([0, 0, 0, draw.randint(1, 9999)])
            job, town, sex = draw.randrange(12), draw.randrange(4), draw.choice("mf")
            wage = age / 20 + hours * job / 200 + (gain > 0) + (town == 2) + draw.gauss(0, 0.3)
            writer.writerow([age, "" if draw.random() < 0.05 else hours, gain, f"job{job}", f"town{town}", sex,
                             int(wage > 4), "abc"[min(2, int(wage / 2))], f"{wage:.3f}", int(wage > 5)])
    return path


def table(people: Path, target: str) -> list[str]:
    others = ",".join(name for name in (*TARGETS.values(), "rich") if name != target)
    return ["dataset=csv", f"dataset.path={people}", f"dataset.target={target}", f"dataset.drop=[{others}]", *SIZES]


@pytest.mark.parametrize("name", EACH)
def test_a_pack_in_float64_with_every_optimizer(name: str, people: Path, tmp_path, in_float64) -> None:
    common = [*table(people, "income"), f"optimizer={name}", f"optimizer.lr={OPTIMIZERS[name]}", "max_steps=200"]
    own = [[*common, *more] for more in ([], ["seed=2", "model.dropout=0.3"], ["optimizer.lr=0.001"])]
    runs = make(tmp_path / "alone", own, in_float64)
    start = weights_of(runs)
    expected = alone(runs)
    assert distance(expected, start) > 0.01, "nothing has moved"
    assert distance(packed(make(tmp_path / "pack", own, in_float64)), expected) < 1e-10


@pytest.mark.parametrize("name", ["three classes", "numbers"])
def test_a_pack_in_float64_of_other_targets(name: str, people: Path, tmp_path, in_float64) -> None:
    """Targets that are numbers are scaled by the training rows: each member has its own, where the seed draws them."""
    common = [*table(people, TARGETS[name]), "max_steps=60", "dataset.split_seed=seed"]
    own = [[*common, *more] for more in ([], ["seed=3"], ["seed=4", "model.dropout=0.4"])]
    expected = alone(make(tmp_path / "alone", own, in_float64))
    assert distance(packed(make(tmp_path / "pack", own, in_float64)), expected) < 1e-10


@pytest.mark.parametrize("name", SEVERAL)
def test_a_pack_in_float64_of_other_tasks(name: str, people: Path, tmp_path, in_float64) -> None:
    common = ["dataset=csv", f"dataset.path={people}", *DENSE, *SEVERAL[name]]
    own = [[*common, *more] for more in ([], ["seed=3"], ["seed=4", "model.dropout=0.4"])]
    expected = alone(make(tmp_path / "alone", own, in_float64))
    assert distance(packed(make(tmp_path / "pack", own, in_float64)), expected) < 1e-10
    rows = [[read(tmp_path / place / str(k) / "metrics.jsonl") for k in range(3)] for place in ("alone", "pack")]
    for single, member in zip(*rows):
        for a, b in zip(single, member):
            assert {k: v for k, v in b.items() if k != "seconds"} == pytest.approx(
                {k: v for k, v in a.items() if k != "seconds"}, rel=1e-9, abs=1e-12)


@needs_compiler
def test_compiled_steps_in_float64_of_several_targets(people: Path, tmp_path, in_float64) -> None:
    command = ["dataset=csv", f"dataset.path={people}", *DENSE, *SEVERAL["a number and classes"], "dataset.drop=[rich]"]
    assert apart(tmp_path, command, in_float64) < 1e-10


def test_a_member_that_diverges_touches_no_other_and_stopped_ones_go_on_with_their_bits(people: Path, tmp_path) -> None:
    common = [*table(people, "income"), "max_steps=40"]
    own = [[*common, f"seed={seed}"] for seed in range(4)]
    whole = packed(make(tmp_path / "whole", own))
    assert distance(packed(make(tmp_path / "some", [own[1], own[3]]), slots=[1, 3], size=4), [whole[1], whole[3]]) == 0
    runs = make(tmp_path / "parts", [own[0], own[1], [*own[2], "optimizer.lr=1e30"], own[3]])
    for _, training in runs:
        training.batches, training.max_steps = PlaceBatches(training.batches, most=100), 17
    ended = execute_together({slot: fit_steps(training) for slot, (_, training) in enumerate(runs)}, Layout(4))
    assert isinstance(ended.pop(2), Diverged) and set(ended.values()) == {None}
    runs = make(tmp_path / "parts", own)
    left = {slot: training for slot, (_, training) in enumerate(runs) if slot != 2}
    for training in left.values():
        training.checkpoints.load()
        training.clock.epoch = training.clock.step // training.steps_per_epoch
        training.batches = PlaceBatches(training.batches, most=100)
    execute_together({slot: fit_steps(training) for slot, training in left.items()}, Layout(4))
    assert distance([weights_of(runs)[slot] for slot in left], [whole[slot] for slot in left]) == 0


@needs_compiler
@pytest.mark.parametrize("name", EACH)
def test_compiled_steps_in_float64_with_every_optimizer(name: str, people: Path, tmp_path, in_float64) -> None:
    command = [*table(people, "income"), f"optimizer={name}", f"optimizer.lr={OPTIMIZERS[name]}", "max_steps=200"]
    assert apart(tmp_path, command, in_float64) < 1e-10


@needs_compiler
@pytest.mark.parametrize(("target", "more"), [
    ("grade", []), ("wage", LISTS["words alone"]),
    *(pytest.param(target, more, marks=pytest.mark.slow) for target in TARGETS.values() for more in LISTS.values())])
def test_compiled_steps_in_float64_of_other_targets_and_sizes(target: str, more: list[str], people: Path, tmp_path,
                                                              in_float64) -> None:
    assert apart(tmp_path, [*table(people, target), *more, "max_steps=60"], in_float64) < 1e-10
