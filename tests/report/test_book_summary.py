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
    assert (found["claims"], found["hold"]) == ("1", "1"), "one check of the same runs"
    percent = measured(tmp_path / "c", "gulli/C4", printed=[
        {"row": "sgd", "metric": "test/accuracy", "value": 0.9425, "decimals": 4}, BOOK["printed"][1]])
    assert table(first, percent)["in full, 5 seeds or more"]["cells printed"] == "2"
    for measurements in second[1].values():
        measurements.ids = {"sgd": "another run", "adam": "adam0"}
    found = table(first, second)["in full, 5 seeds or more"]
    assert (found["cells printed"], found["reproduced"], found["runs with a cell outside"]) == ("3", "2", "1 of 3")
    assert (found["claims"], found["hold"]) == ("2", "2"), "one check of other runs"


def test_a_number_in_fewer_digits_is_the_same_number(tmp_path: Path) -> None:
    exact = measured(tmp_path / "a", "gulli/C1", printed=[
        {"row": "adam", "metric": "test/accuracy", "value": value, "decimals": 4} for value in (0.9786, 0.9793)])
    rounded = measured(tmp_path / "b", "gulli/C3", printed=[
        {"row": "adam", "metric": "test/accuracy", "value": 98, "unit": "%", "decimals": 0}])
    other = measured(tmp_path / "c", "gulli/C4", printed=[
        {"row": "adam", "metric": "test/accuracy", "value": 97, "unit": "%", "decimals": 0}])
    for order in ((exact, rounded), (rounded, exact)):
        assert table(*order)["in full, 5 seeds or more"]["cells printed"] == "2"
    assert table(rounded, other)["in full, 5 seeds or more"]["cells printed"] == "2"


def test_of_two_tables_the_one_with_more_seeds_judges_a_number(tmp_path: Path) -> None:
    few, many = measured(tmp_path / "few", "gulli/C1"), measured(tmp_path / "many", "gulli/C3", seeds=20)
    other = measured(tmp_path / "other", "gulli/C2", seeds=50, stand_in="other rows")
    for order in ((few, many, other), (other, many, few)):
        found = table(*order)
        assert [(line["tables"], line["cells printed"], line["comparable"]) for line in found.values()] == [
            ("1", "2", "2"), ("1", "0", "0"), ("1", "0", "0")]


def test_a_claim_stands_in_the_tier_of_the_seeds_that_decide_it(tmp_path: Path) -> None:
    experiment, kept = measured(tmp_path, "gulli/C1", seeds=20)
    fixed = BookExperiment(experiment.name, experiment.file, experiment.book, {**experiment.sweep, "seeds": 5})
    found = table((fixed, kept))
    assert [(line["tables"], line["cells printed"], line["claims"], line["hold"]) for line in found.values()] == [
        ("1", "2", "0", "0"), ("0", "0", "1", "1")]


def test_a_claim_that_two_tables_check_on_the_same_runs_counts_once_whatever_else_they_show(tmp_path: Path) -> None:
    claims = [{"says": "sgd has fewer errors", "check": "of(sgd, 'test/accuracy') > of(adam, 'test/accuracy')"}]
    first, kept = measured(tmp_path / "a", "gulli/C1", claims=claims)
    claims = [{"says": "sgd is better", "check": "sgd > adam", "metric": "test/accuracy"}]
    second, others = measured(tmp_path / "b", "gulli/C2", claims=claims)
    for book in (kept, others):
        book["full"].ids = {"sgd": "a1", "adam": "b2"}
    assert table((first, kept), (second, others))["in full, 5 seeds or more"]["claims"] == "1"
    others["full"].ids = {"sgd": "a1", "adam": "c3"}
    assert table((first, kept), (second, others))["in full, 5 seeds or more"]["claims"] == "2"


def test_a_claim_on_a_part_of_the_book_s_data_stands_with_the_stand_ins(tmp_path: Path) -> None:
    claims = [BOOK["claims"][0], {"says": "a", "check": "sgd > adam", "comparable": False, "notes": "a part of it"}]
    found = table(measured(tmp_path, "gulli/C1", claims=claims))
    assert {name: (line["claims"], line["hold"], line["contradicted"]) for name, line in found.items()} == {
        "in full, 5 seeds or more": ("1", "1", "0"), "in full, on a stand-in": ("1", "0", "1")}


def test_the_columns_of_cells_and_those_of_claims_add_up(tmp_path: Path) -> None:
    experiment, kept = measured(tmp_path, "gulli/C1", printed=[
        *BOOK["printed"], {**BOOK["printed"][0], "metric": "test/loss"},
        {**BOOK["printed"][0], "metric": "val/accuracy", "comparable": False, "notes": "other rows"}])
    more = BookExperiment(experiment.name, experiment.file, experiment.book, {**experiment.sweep, "seeds": 7})
    found = table((more, kept))["in full, 5 seeds or more"]
    assert (found["cells printed"], found["comparable"], found["not comparable"]) == ("4", "2", "2")
    assert (found["claims"], found["hold"], found["not judged"]) == ("1", "0", "1"), "five of its seven seeds were run"


def test_cells_of_one_run_that_lie_outside_are_one_run(tmp_path: Path) -> None:
    printed = [BOOK["printed"][1], {**BOOK["printed"][1], "value": 97.3}, {**BOOK["printed"][1], "value": 97.9}]
    found = table(measured(tmp_path, "gulli/C1", printed=printed))["in full, 5 seeds or more"]
    assert (found["comparable"], found["reproduced"], found["runs with a cell outside"]) == ("3", "1", "1 of 1")


def test_each_comparison_stands_in_the_tier_of_the_most_that_was_run_of_it(tmp_path: Path) -> None:
    both = measured(tmp_path / "both", "a/C1")
    found = table(
        (both[0], {**both[1], **measured(tmp_path / "quick", "a/C1", "quick")[1]}),
        measured(tmp_path / "many", "a/C2", seeds=20), measured(tmp_path / "few", "a/C3", seeds=3),
        measured(tmp_path / "other", "a/C4", stand_in="other rows", claims=[{"says": "a", "check": "adam > 2 * sgd"}]),
        measured(tmp_path / "short", "a/C5", "quick"),
        (measured(tmp_path / "none", "a/C6")[0], {}))
    assert {name: line["tables"] for name, line in found.items()} == {
        "in full, 20 seeds or more": "1", "in full, 5 seeds or more": "1", "in full, fewer seeds": "1",
        "in full, on a stand-in": "1", "short runs, not judged": "1", "not run": "1"}
    for name in ("short runs, not judged", "not run"):
        line = found[name]
        assert (line["cells printed"], line["claims"]) == ("2", "1")
        assert not line["comparable"] + line["reproduced"] + line["hold"] + line["contradicted"] + line["undecided"]
    line = found["in full, on a stand-in"]
    assert (line["comparable"], line["not comparable"], line["contradicted"]) == ("0", "0", "1")
