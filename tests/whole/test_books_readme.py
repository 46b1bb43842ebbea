"""experiments/README.md says what the kept numbers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.report.book_readme import readme
from dlrun.report.experiments import RESULTS, book_experiments, kept, kept_file
from dlrun.report.verdicts import QUICK
from tests.golden import facts

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def test_the_readme_is_made_of_the_kept_numbers() -> None:
    """`dlrun book --write` mends it."""
    assert (EXPERIMENTS / "README.md").read_text(encoding="utf-8") == readme(book_experiments(), EXPERIMENTS)


def test_kept_numbers_belong_to_experiments_and_are_whole() -> None:
    files = {kept_file(EXPERIMENTS, entry.name) for entry in book_experiments()}
    for path in (EXPERIMENTS / RESULTS).rglob("*.json"):
        assert path in files, f"{path} belongs to no experiment"
    for entry in book_experiments():
        for profile, measurements in kept(EXPERIMENTS, entry.name).items():
            assert measurements.id == entry.name and measurements.profile == profile and not measurements.partial
            assert measurements.runs and measurements.date and measurements.devices and measurements.versions
            assert profile != QUICK or entry.book.quick, f"{entry.name} has no quick profile"


def test_kept_numbers_of_a_single_run_are_those_of_the_run_that_it_is_today() -> None:
    """Golden facts hold the ids of today; tests/whole/test_comparisons.py has the rows of comparisons."""
    commands = facts.stored()["commands"]
    today = {command[0].removeprefix("experiment="): fact.get("id") for command, fact in commands if len(command) == 1}
    singles = [entry for entry in book_experiments() if not entry.comparison]
    found = {entry.name: list(measurements.ids.values()) for entry in singles
             for measurements in kept(EXPERIMENTS, entry.name).values()}
    assert found and found == {name: [today[name]] for name in found}


@pytest.mark.parametrize("entry", book_experiments(), ids=lambda entry: entry.name)
def test_claims_name_metrics_in_quotes_and_rows_that_are_there(entry: object) -> None:
    from dlrun.report.claim_checks import parse, rows_of

    for claim in entry.book.claims:  # type: ignore[attr-defined]
        if claim.check:
            parse(claim.check, rows_of(claim.check))
