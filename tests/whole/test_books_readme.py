"""experiments/README.md says what the kept numbers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.report.book_readme import readme
from dlrun.report.judged import QUICK
from dlrun.report.library import RESULTS, entries, kept, kept_file

EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def test_the_readme_is_made_of_the_kept_numbers() -> None:
    """`dlrun book --write` mends it."""
    assert (EXPERIMENTS / "README.md").read_text(encoding="utf-8") == readme(entries(), EXPERIMENTS)


def test_kept_numbers_belong_to_experiments_and_are_whole() -> None:
    files = {kept_file(EXPERIMENTS, entry.name) for entry in entries()}
    for path in (EXPERIMENTS / RESULTS).rglob("*.json"):
        assert path in files, f"{path} belongs to no experiment"
    for entry in entries():
        for profile, measured in kept(EXPERIMENTS, entry.name).items():
            assert measured.id == entry.name and measured.profile == profile and not measured.partial
            assert measured.runs and measured.date and measured.devices and measured.versions
            assert profile != QUICK or entry.book.quick, f"{entry.name} has no quick profile"


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_claims_name_metrics_in_quotes_and_rows_that_are_there(entry: object) -> None:
    from dlrun.report.claims import parse, rows_of

    for claim in entry.book.claims:  # type: ignore[attr-defined]
        if claim.check:
            parse(claim.check, rows_of(claim.check))
