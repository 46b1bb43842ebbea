"""Which runs are one row: what a mean may be of, and what is left out of it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from dlrun.config.content import content_hash
from dlrun.report.collect import collect
from dlrun.report.table import Table
from dlrun.report.terminal import print_report
from tests.report.make import SGD, made, planned

SGD_WORDS = {key.replace(".", "__"): value for key, value in SGD.items()}
OLD, NEW = "aa" * 32, "bb" * 32


def by_code(hash_: str) -> dict[str, Any]:
    return {"own_code": {"my_loss": hash_}}


def by_data(rows: str, content: str = OLD, **more: Any) -> dict[str, Any]:
    return {"data": {"hash": rows * 32, "files": {"mine.csv": content}, "label": ""}, **more}


def only(path: Path) -> Table:
    (table,) = collect([path]).tables
    return table


def seeds(table: Table) -> list[dict[int, float]]:
    """The values of each row by seed, the longest rows first."""
    found = [{seed: round(value, 6) for seed, value in row.values.items()} for row in table.rows]
    return sorted(found, key=lambda values: (-len(values), *values.values()))


def said(path: Path) -> str:
    stream = io.StringIO()
    print_report(collect([path]), stream)
    return " ".join(stream.getvalue().split())


def test_runs_of_old_and_new_own_code_are_two_rows(folder: Path, runs: Path) -> None:
    (folder / "my_loss.py").write_text("second = 2\n")
    made(runs, 1, 0.5, seed=0, provenance=by_code(content_hash(folder / "my_loss.py")))
    made(runs, 2, 0.8, seed=0, provenance=by_code(OLD))
    made(runs, 3, 0.9, seed=1, provenance=by_code(OLD))
    table = only(runs)
    assert table.axes.columns == ("code",) and seeds(table) == [{0: 0.8, 1: 0.9}, {0: 0.5}]
    assert [row.labels[0].endswith("-changed") for row in table.rows] == [len(row.values) == 2
                                                                                for row in table.rows]
    assert [row.reference for row in collect([runs], versus=f"{OLD[:8]}-changed").tables[0].rows] == [
        row.labels[0].startswith(OLD[:8]) for row in table.rows], "a label can be typed"
    assert not table.repeated and "2 of 3 runs were made by other code of your own" in said(runs)


def test_a_mean_over_seeds_is_never_one_of_two_codes(runs: Path) -> None:
    made(runs, 1, 0.8, seed=0, provenance=by_code(OLD))
    made(runs, 2, 0.5, seed=1, provenance=by_code(NEW))
    made(runs, 3, 0.7, seed=0, **SGD_WORDS)
    assert [row.labels[0] for row in only(runs).rows].count("adam") == 2 and len(only(runs).rows) == 3


def test_a_job_that_has_not_begun_is_in_the_row_of_the_others(runs: Path) -> None:
    made(runs, 1, 0.8, seed=0, provenance=by_code(OLD))
    (row,) = only(planned(runs, "mine", [(1, 0, {}, {}, None), (2, 1, {}, {}, None)], {})).rows
    assert [run.status for run in row.runs] == ["finished", "not started"]


@pytest.mark.parametrize("first", [True, False])
def test_a_row_whose_seeds_draw_their_rows_is_taken_apart_by_the_content_of_its_files(runs: Path, first: bool) -> None:
    made(runs, 1 if first else 9, 0.5, seed=0, provenance=by_data("d1", NEW))
    for seed, rows in enumerate(("c1", "c2", "c3")):
        made(runs, 2 + seed, 0.8 + seed / 100, seed=seed, provenance=by_data(rows))
        made(runs, 5 + seed, 0.7 + seed / 100, seed=seed, provenance=by_data(rows), **SGD_WORDS)
    table = only(runs)
    assert table.axes.columns == ("optimizer", "data")
    assert seeds(table) == [{0: 0.7, 1: 0.71, 2: 0.72}, {0: 0.8, 1: 0.81, 2: 0.82}, {0: 0.5}]
    of_data = {row.labels: len(row.values) for row in table.rows}
    assert of_data == {("adam", OLD[:8]): 3, ("sgd", OLD[:8]): 3, ("adam", NEW[:8]): 1}


def test_a_seed_that_is_there_twice_takes_no_row_apart_whose_rows_are_drawn(runs: Path) -> None:
    for seed, rows in enumerate(("c1", "c2", "c3")):
        made(runs, 5 + seed, 0.8 + seed / 100, seed=seed, provenance=by_data(rows))
    made(runs, 1, 0.5, seed=0, provenance=by_data("c1"))  # another content of word vectors, say
    table = only(runs)
    assert len(table.rows) == 1 and table.axes.columns == () and len(table.repeated) == 1


def test_of_two_runs_of_one_seed_the_newest_counts_and_the_other_is_named(runs: Path) -> None:
    made(runs, 1, 0.7, provenance={"started": "2026-01-02T03:04:05+00:00"})
    made(runs, 2, 0.9, provenance={"started": "2026-01-03T03:04:05+00:00"})
    made(runs, 3, None, "failed", provenance={"started": "2026-01-04T03:04:05+00:00"})
    assert seeds(only(runs)) == [{0: 0.9}]
    assert ("Left out, as they repeat the settings and the seed of another run here: digits-dense-adam/0000000001, "
            "digits-dense-adam/0000000003.") in said(runs)


def test_rows_that_are_read_otherwise_from_the_same_files_are_told_by_their_hash(runs: Path) -> None:
    made(runs, 1, 0.9, provenance=by_data("c1"))
    made(runs, 2, 0.7, provenance=by_data("c2"))
    assert [row.labels for row in only(runs).rows] == [("c1c1c1c1",), ("c2c2c2c2",)]
