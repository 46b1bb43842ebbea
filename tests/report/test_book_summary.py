"""The summary of all comparisons: tiers, and each printed number of a run once."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.schema.books import read_book
from dlrun.report.book_summary import HEAD, Summary
from dlrun.report.experiments import BookExperiment, kept_verdicts
from dlrun.report.measurements import Folders, Measurements
from tests.helpers.comparisons import ACCURACY, BOOK, plan


def measured(folder: Path, name: str, profile: str = "full", seeds: int = 5, **more: object
             ) -> tuple[BookExperiment, dict[str, Measurements]]:
    rows = {row: [values[place % 3] for place in range(seeds)] for row, values in ACCURACY.items()}
    folders = Folders(plan(folder, rows), name, profile)
    folders.measurements.seeds = list(range(seeds))
    experiment = BookExperiment(name, folder, read_book({**BOOK, "claims": BOOK["claims"][:1], "id": name, **more}),
                                {"seeds": seeds, "metric": "test/accuracy"})
    for row in rows:
        folders.values_of(row, "test/accuracy")
    return experiment, {profile: folders.measurements}


def table(*found: tuple[BookExperiment, dict[str, Measurements]]) -> dict[str, dict[str, str]]:
    summary = Summary()
    for experiment, kept in found:
        summary.add(experiment, kept, kept_verdicts(experiment, kept["full"]) if "full" in kept else None)
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in summary.lines()]
    return {line[0]: dict(zip(HEAD, line)) for line in lines[2:]}


def test_a_printed_number_of_one_run_counts_once_in_however_many_tables(tmp_path: Path) -> None:
    first, second = measured(tmp_path / "a", "gulli/C1"), measured(tmp_path / "b", "gulli/C3")
    found = table(first, second)["in full, 5 seeds or more"]
    assert (found["tables"], found["cells printed"]) == ("2", "2")
    assert (found["comparable"], found["reproduced"]) == ("2", "1")
    assert (found["claims"], found["hold"]) == ("2", "2"), "a claim is another sentence in each"
    percent = measured(tmp_path / "c", "gulli/C4", printed=[
        {"row": "sgd", "metric": "test/accuracy", "value": 0.9425, "decimals": 4}, BOOK["printed"][1]])
    assert table(first, percent)["in full, 5 seeds or more"]["cells printed"] == "2"
    for measurements in second[1].values():
        measurements.ids = {"sgd": "another run", "adam": "adam0"}
    found = table(first, second)["in full, 5 seeds or more"]
    assert (found["cells printed"], found["reproduced"], found["runs with a cell outside"]) == ("3", "2", "1 of 3")


def test_cells_of_one_run_that_lie_outside_are_one_run(tmp_path: Path) -> None:
    printed = [BOOK["printed"][1], {**BOOK["printed"][1], "value": 97.3}, {**BOOK["printed"][1], "value": 97.9}]
    found = table(measured(tmp_path, "gulli/C1", printed=printed))["in full, 5 seeds or more"]
    assert (found["comparable"], found["reproduced"], found["runs with a cell outside"]) == ("3", "1", "1 of 1")


def test_each_comparison_stands_in_the_tier_of_the_most_that_was_run_of_it(tmp_path: Path) -> None:
    both = measured(tmp_path / "both", "a/C1")
    found = table(
        (both[0], {**both[1], **measured(tmp_path / "quick", "a/C1", "quick")[1]}),
        measured(tmp_path / "many", "a/C2", seeds=20), measured(tmp_path / "few", "a/C3", seeds=3),
        measured(tmp_path / "other", "a/C4", stand_in="other rows"), measured(tmp_path / "short", "a/C5", "quick"),
        (measured(tmp_path / "none", "a/C6")[0], {}))
    assert {name: line["tables"] for name, line in found.items()} == {
        "in full, 20 seeds or more": "1", "in full, 5 seeds or more": "1", "in full, fewer seeds": "1",
        "in full, on a stand-in": "1", "short runs, not judged": "1", "not run": "1"}
    for name in ("short runs, not judged", "not run"):
        line = found[name]
        assert (line["cells printed"], line["claims"]) == ("2", "1")
        assert not line["comparable"] + line["reproduced"] + line["hold"] + line["contradicted"] + line["undecided"]
    assert found["in full, on a stand-in"]["comparable"] == "0" and found["in full, on a stand-in"]["hold"] == "1"
