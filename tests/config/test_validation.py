"""The forms of `validation`: a fraction, a count, 0, a mapping."""

from __future__ import annotations

from typing import Any

import pytest

from dlrun.config.check.validation import read_validation
from dlrun.config.problem import Problem
from dlrun.config.schema.holdout import Holdout


@pytest.mark.parametrize(("value", "holdout"), [
    (0.2, Holdout(0.2)), (360, Holdout(360)), (360.0, Holdout(360)), (0, None), (0.0, None), (None, None),
    ({"size": 0.3}, Holdout(0.3)), ({}, Holdout(0.2)), ({"kind": "holdout", "size": 0}, None),
    ({"take": "random"}, Holdout(0.2, "random", True)), ({"take": "random", "stratify": False},
                                                         Holdout(0.2, "random", False)),
    ({"take": "end", "stratify": False}, Holdout(0.2)),
])
def test_a_form_means_a_holdout(value: Any, holdout: Holdout | None) -> None:
    problems: list[Problem] = []
    read = read_validation(value, problems)
    assert read == holdout and problems == []
    if read is not None:
        assert type(read.size) is (float if read.size < 1 else int)


@pytest.mark.parametrize(("value", "said"), [
    (1.5, "validation=1.5"), (-1, "validation=-1"), (True, "validation=true"), ("a", "validation=a"),
    ([0.2], "validation=[0.2]"), (float("nan"), "validation=nan"), (float("inf"), "validation=inf"),
    ({"kind": "holdut"}, "validation.kind=holdut"), ({"size": -0.1}, "validation.size=-0.1"),
    ({"size": True}, "validation.size=true"), ({"take": "begin"}, "validation.take=begin"),
    ({"stratify": 1, "take": "random"}, "validation.stratify=1"), ({"stratify": True}, "validation.stratify=true"),
    ({"seize": 1}, "validation.seize=1"),
])
def test_a_wrong_form_is_one_problem_with_its_key(value: Any, said: str) -> None:
    problems: list[Problem] = []
    read_validation(value, problems, "x.yaml:1")
    assert [problem.given for problem in problems] == [said]
    assert problems[0].origin == "x.yaml:1"


def test_everything_wrong_in_a_mapping_is_said() -> None:
    problems: list[Problem] = []
    read_validation({"size": 2.5, "take": "x", "foo": 1}, problems)
    assert len(problems) == 3
