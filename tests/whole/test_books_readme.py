"""experiments/README.md says what the kept numbers say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dlrun.report.book_readme import readme
from dlrun.report.experiments import RESULTS, book_experiments, kept, kept_file
from dlrun.report.verdicts import FULL, QUICK
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


NUMBERED = [  # the comparisons that were found in the books
    *(f"gulli/C{n}" for n in range(1, 21)), *(f"buduma/C{n}" for n in range(1, 38)),
    *(f"chollet/C{n:02}" for n in range(1, 37)), *(f"chollet/CMP-{n:02}" for n in range(1, 27)),
    *(f"foster/CMP-{n:02}" for n in range(1, 48) if n != 26), "foster/CMP-26a", "foster/CMP-26b",
    *(f"slides/S{n}" for n in range(1, 8))]


def test_every_comparison_of_the_books_has_a_file_or_a_reason() -> None:
    text = (EXPERIMENTS / "absent.md").read_text(encoding="utf-8").partition("## Comparisons")[2]
    absent = re.findall(r"^\| `(\S+)` \| .+ \| .{8,} \|$", text, re.MULTILINE)
    assert len(absent) == text.count("\n| `") and len(set(absent)) == len(absent)
    files = {entry.name for entry in book_experiments()}
    assert len(NUMBERED) == 174
    assert sorted([*absent, *(name for name in NUMBERED if name in files)]) == sorted(NUMBERED)


def test_kept_numbers_of_a_single_run_are_those_of_the_run_that_it_is_today() -> None:
    """Golden facts hold the ids of today; tests/whole/test_comparisons.py has the rows of comparisons."""
    commands = facts.stored()["commands"]
    today = {command[0].removeprefix("experiment="): fact.get("id") for command, fact in commands if len(command) == 1}
    singles = [entry for entry in book_experiments() if not entry.comparison]
    found = {entry.name: list(measurements.ids.values()) for entry in singles
             for measurements in kept(EXPERIMENTS, entry.name).values()}
    assert found and found == {name: [today[name]] for name in found}


def test_a_printed_number_is_not_counted_twice_for_settings_that_change_nothing() -> None:
    """Tables whose rows trained the same bits under two ids count one number as two: `test_at` does that."""
    known: dict[tuple[str, float, tuple[float, ...]], tuple[str, str]] = {}
    for entry in book_experiments():
        full = kept(EXPERIMENTS, entry.name).get(FULL)
        for cell in entry.book.printed if full else ():
            row = cell.row or full.rows[0]
            found = full.values.get(row, {}).get(cell.metric, {})
            values = tuple(found[seed] for seed in range(3) if seed in found)
            if cell.comparable and len(set(values)) > 1:
                first = known.setdefault((cell.metric, round(cell.value, 3), values), (entry.name, full.ids[row]))
                assert first[0] == entry.name or first[1] == full.ids[row], f"{entry.name}, {row}: as in {first[0]}"


@pytest.mark.parametrize("entry", book_experiments(), ids=lambda entry: entry.name)
def test_claims_name_metrics_in_quotes_and_rows_that_are_there(entry: object) -> None:
    from dlrun.report.claim_checks import parse, rows_of

    for claim in entry.book.claims:  # type: ignore[attr-defined]
        if claim.check:
            parse(claim.check, rows_of(claim.check))
