"""Reports on a search: which trial is the best, and what trials.json says of it alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.api.multirun import Grid
from dlrun.record import digest
from dlrun.record.trials import FILE
from dlrun.report.best_pictures import best_pictures
from dlrun.report.collect import collect
from tests.report.make import made, planned

RATES = (0.1, 0.01, 0.001)


def sweep(runs: Path, **options: object) -> Path:
    """Three rates with two seeds each; the runs of rate r have the numbers 2 r + seed + 1."""
    jobs = [(2 * place + seed + 1, seed, {"optimizer.lr": rate}, {"optimizer.lr": rate}, None)
            for place, rate in enumerate(RATES) for seed in (0, 1)]
    return planned(runs, "mine", jobs, {"optimizer.lr": list(RATES)}, **options)


def train(runs: Path, number: int, accuracy: float | None, status: str = "finished") -> None:
    folder = made(runs, number, accuracy, status, seed=(number - 1) % 2, optimizer__lr=RATES[(number - 1) // 2])
    (folder / "pictures").mkdir()
    (folder / "pictures" / "confusion.png").write_bytes(b"drawn")


def best(folder: Path) -> tuple[list[str], str, str]:
    """The labels of the rows that are marked, the run that `Grid.best` gives, and the one whose pictures are shown."""
    (table,) = collect([folder]).tables
    shown = best_pictures(table)
    assert shown is not None
    marked = [row.labels[0] for row in table.rows if row.best]
    return marked, Grid(folder, []).best().folder.name, shown.run.id


@pytest.mark.parametrize("status", ["diverged", "interrupted", "failed"])
def test_a_trial_that_lacks_a_seed_is_not_the_best_of_a_search_as_the_search_judges_it(runs: Path, status: str) -> None:
    for number, accuracy in enumerate((0.99, None, 0.9, 0.92, 0.8, 0.8), 1):
        train(runs, number, accuracy, status if accuracy is None else "finished")
    assert best(sweep(runs)) == (["0.1"], f"{1:010x}", f"{1:010x}"), "a grid's row is the mean of what there is"
    assert best(sweep(runs, search="tpe", n_trials=3)) == (["0.01"], f"{4:010x}", f"{4:010x}")


def test_where_each_trial_lacks_a_seed_the_best_is_one_of_them(runs: Path) -> None:
    for number, accuracy in enumerate((0.9, None, 0.99, None, None, 0.8), 1):
        train(runs, number, accuracy, "finished" if accuracy else "diverged")
    assert best(sweep(runs, search="tpe", n_trials=3)) == (["0.01"], f"{3:010x}", f"{3:010x}")


@pytest.mark.parametrize(("options", "said"), [({"search": "tpe", "n_trials": 3}, "pruned"), ({}, "interrupted"),
                                               ({"search": None}, "interrupted")])
def test_a_grid_under_the_name_of_an_earlier_search_has_nothing_of_that_search(
        runs: Path, options: dict[str, object], said: str) -> None:
    for number in range(1, 6):
        train(runs, number, 0.9)
    train(runs, 6, None, "interrupted")
    folder = sweep(runs, **options)
    found = {"trials": [{"state": "pruned", "jobs": [f"{number:010x}" for number in (5, 6)]}],
             "importance": {"shares": {"optimizer.lr": 1.0}, "trials": 3}}
    (folder / FILE).write_text(json.dumps(digest.sealed(found)))
    (table,) = collect([folder]).tables
    assert [run.status for run in table.runs if not run.counted] == [said]
    assert (table.importance is not None) == (said == "pruned")
    (folder / FILE).write_text("{")
    if said == "interrupted":
        assert collect([folder]).tables[0].importance is None, "a file of the earlier search is not even read"
