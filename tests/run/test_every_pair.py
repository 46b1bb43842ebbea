"""Every data set with every model: a checked configuration, or a refusal in sentences."""

from __future__ import annotations

import pytest

from dlrun.config.check.check import inspect
from dlrun.config.compose.catalog import options
from dlrun.config.problem import Problem
from dlrun.preflight.checked import Checked
from dlrun.preflight.fits import check_fit
from dlrun.sweep.plan.checking import Checker

Found = tuple[Checked | None, list[Problem]]


@pytest.fixture(scope="module")
def pairs() -> dict[tuple[str, str], Found]:
    """What each pair was found to be: each option is composed once, each data set looked at once.

    Data that is not on this machine is refused in a sentence, too.
    """
    checker = Checker()
    plain = {}
    for group in ("dataset", "model"):
        for name in options(group):
            composition, problems = checker.composer.compose([f"{group}={name}"])
            assert composition is not None and not problems, name
            plain[group, name] = composition.plain
    found: dict[tuple[str, str], Found] = {}
    for data in options("dataset"):
        for model in options("model"):
            config, problems = inspect({**plain["model", model], "dataset": plain["dataset", data]["dataset"]})
            checked, more = check_fit(config, problems, checker.dataset_info)
            found[data, model] = checked, problems + more
    return found


def test_every_pair_is_checked_or_refused_in_sentences(pairs: dict[tuple[str, str], Found]) -> None:
    for pair, (checked, problems) in pairs.items():
        assert checked is not None or problems, pair
        assert all(problem.given and problem.expected for problem in problems), pair


def test_a_network_that_is_accepted_on_token_ids_begins_with_an_embedding(pairs: dict[tuple[str, str], Found]) -> None:
    for pair, (checked, problems) in pairs.items():
        if not problems and checked and checked.dataset_info.data_spec.input_kind == "tokens":
            rows = [row.kind for row in checked.table() or () if row.kind != "part"]
            assert not rows or rows[0] == "embedding", pair
