"""K-fold validation in a configuration: its forms, its identity, and the runs that it consists of."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from dlrun.config.check.check import inspect
from dlrun.config.check.validation import read_validation
from dlrun.config.compose.compose import compose
from dlrun.config.identity import identity
from dlrun.config.problem import Problem
from dlrun.config.schema.folds import fold_configs, own_seed
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.root import Config


def config(*overrides: str) -> Config:
    composition, problems = compose(["dataset=iris", "model=dense", "task=classify", *overrides])
    assert composition is not None and not problems
    found, problems = inspect(composition.plain)
    assert found is not None and not problems, problems
    return found


@pytest.mark.parametrize(("value", "folds"), [
    ({"kind": "kfold"}, KFold()), ({"kind": "kfold", "k": 10, "final": True}, KFold(k=10, final=True)),
    ({"kind": "kfold", "iterations": 3, "shuffle": True}, KFold(iterations=3, shuffle=True, stratify=True)),
    ({"kind": "kfold", "stratify": False}, KFold()),  # it has no effect on blocks
    ({"kind": "kfold", "shuffle": True, "stratify": False}, KFold(shuffle=True, stratify=False)),
    ({"kind": "kfold", "fold": 3}, KFold(fold=3)), ({"kind": "kfold", "fitted": "all"}, KFold(fitted="all")),
])
def test_a_mapping_means_folds_and_is_written_back_as_the_same(value: Any, folds: KFold) -> None:
    problems: list[Problem] = []
    assert read_validation(value, problems) == folds and not problems
    assert read_validation(folds.plain(), problems) == folds and not problems


@pytest.mark.parametrize(("value", "said"), [
    ({"k": 1}, "validation.k=1"), ({"k": 2.5}, "validation.k=2.5"), ({"size": 0.2}, "validation.size=0.2"),
    ({"iterations": 2}, "validation.iterations=2"), ({"stratify": True}, "validation.stratify=true"),
    ({"fold": 4}, "validation.fold=4"), ({"fold": 0, "final": True}, "validation.final=true"),
    ({"fitted": "al"}, "validation.fitted=al"), ({"final": "yes"}, "validation.final=yes"),
])
def test_a_wrong_value_is_one_problem_with_its_key(value: Any, said: str) -> None:
    problems: list[Problem] = []
    read_validation({"kind": "kfold", **value}, problems, "x.yaml:1")
    assert [problem.given for problem in problems] == [said]
    assert problems[0].origin == "x.yaml:1"


def test_everything_wrong_is_said_at_once() -> None:
    problems: list[Problem] = []
    read_validation({"kind": "kfold", "k": 1, "kk": 2, "shuffel": True, "iterations": 0}, problems)
    assert {problem.given for problem in problems} == {
        "validation.k=1", "validation.kk=2", "validation.shuffel=true", "validation.iterations=0"}
    assert any("did you mean  validation.shuffle" in problem.expected for problem in problems)


def test_folds_are_in_the_identity_and_what_changes_nothing_is_not() -> None:
    def of(value: str) -> str:
        return identity(config(f"validation={value}"))

    different = ["0.2", "0", "{kind: kfold}", "{kind: kfold, k: 5}", "{kind: kfold, shuffle: true}",
                 "{kind: kfold, shuffle: true, iterations: 2}", "{kind: kfold, shuffle: true, stratify: false}",
                 "{kind: kfold, final: true}", "{kind: kfold, fitted: all}", "{kind: kfold, fold: 0}"]
    assert len({of(value) for value in different}) == len(different)
    assert of("{kind: kfold, k: 4, iterations: 1, stratify: false}") == of("{kind: kfold}")


def test_a_run_of_folds_consists_of_the_runs_that_its_folds_would_be_alone() -> None:
    parts = dict(fold_configs(config(
        "validation={kind: kfold, k: 2, iterations: 2, shuffle: true, final: true}", "seed=5")))
    assert list(parts) == ["0", "1", "2", "3", "final"]
    alone = config("validation={kind: kfold, k: 2, iterations: 2, shuffle: true, fold: 2}", "seed=5")
    assert identity(parts["2"]) == identity(alone)
    assert identity(parts["final"]) == identity(config("validation=0", "seed=5"))
    for part in parts.values():
        again, problems = inspect(part.plain or {})
        assert again is not None and not problems
        assert dataclasses.replace(again, plain=None) == dataclasses.replace(part, plain=None)


def test_each_fold_of_each_seed_has_a_seed_of_its_own() -> None:
    seeds = {own_seed(part) for seed in range(3) for name, part in fold_configs(config(
        "validation={kind: kfold, k: 5}", f"seed={seed}"))}
    assert len(seeds) == 15
    assert own_seed(config("seed=7")) == 7
