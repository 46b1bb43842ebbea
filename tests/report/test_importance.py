"""Which axis mattered: of a full grid the main effects of an analysis of variance; nothing where axes vary together."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from dlrun.record import digest
from dlrun.record.trials import FILE, Importance, read_importance
from dlrun.report.collect import collect
from dlrun.report.importance import REST, axis_shares, of_search, sentence
from dlrun.report.page import as_html
from dlrun.report.values import value_of
from tests.report.make import made

RATES, SIZES = (0.1, 0.01, 0.001), (64, 128)


def grid_of(runs: Path, seeds: int, left_out: int = 0) -> np.ndarray:
    """Runs of a 3 x 2 grid; their accuracies by rate, size and seed."""
    rng = np.random.default_rng(0)
    found = 0.5 + rng.normal(0, 0.1, (3, 1, 1)) + rng.normal(0, 0.03, (1, 2, 1)) + rng.normal(0, 0.01, (3, 2, seeds))
    cells = [(r, s, seed) for seed in range(seeds) for r in range(3) for s in range(2)][left_out:]
    for number, (r, s, seed) in enumerate(cells, 1):
        made(runs, number, float(found[r, s, seed]), seed=seed, optimizer__lr=RATES[r], batch_size=SIZES[s])
    return found


@pytest.mark.parametrize("seeds", [1, 2, 4])
def test_shares_of_a_full_grid_are_those_of_an_analysis_of_variance(tmp_path: Path, seeds: int) -> None:
    found = grid_of(tmp_path, seeds)
    table = collect([tmp_path]).tables[0]
    shares = {share.axis: share for share in axis_shares(table)}
    assert list(shares) == ["optimizer.lr", "batch_size", REST], "the largest first"
    for axis, along in (("optimizer.lr", 1), ("batch_size", 0)):
        for seed in range(seeds):
            one = found[:, :, seed]
            effect = ((one.mean(along) - one.mean()) ** 2).sum() * one.shape[along]
            assert shares[axis].by_seed[seed] == pytest.approx(effect / ((one - one.mean()) ** 2).sum(), rel=1e-9)
    for seed in range(seeds):
        assert sum(share.by_seed[seed] for share in shares.values()) == pytest.approx(1)
    if seeds == 4:
        own = list(shares["optimizer.lr"].by_seed.values())
        half = stats.t.ppf(0.975, 3) * np.std(own, ddof=1) / 2
        assert shares["optimizer.lr"].summary.half == pytest.approx(half)
        text = f"Of the variance between rows optimizer.lr {100 * np.mean(own):.0f} +- {100 * half:.0f} %"
        assert any(note.startswith(text) for note in table.notes)
        page = as_html(collect([tmp_path]))
        assert "Which axis mattered" in page and "combinations and chance" in page


def test_a_grid_with_a_hole_keeps_the_order_and_adds_up_to_no_more_than_all(tmp_path: Path) -> None:
    grid_of(tmp_path, 3, left_out=1)
    shares = axis_shares(collect([tmp_path]).tables[0])
    assert [share.axis for share in shares] == ["optimizer.lr", "batch_size", REST]
    assert 0.95 < sum(share.summary.mean for share in shares) <= 1 + 1e-9


def test_axes_that_vary_together_and_too_few_rows_are_not_told_apart(tmp_path: Path) -> None:
    for number in range(6):  # rate and size change at the same rows
        made(tmp_path / "both", number + 1, 0.5 + number / 100, seed=0, optimizer__lr=10.0 ** -(number % 3),
             batch_size=2 ** (number % 3), model__dropout=number // 3)
    assert axis_shares(collect([tmp_path / "both"]).tables[0]) == []
    for number in range(5):  # a search's random values: each rate once
        made(tmp_path / "random", number + 1, 0.5 + number / 100, seed=0, optimizer__lr=0.1 + number, batch_size=number)
    assert axis_shares(collect([tmp_path / "random"]).tables[0]) == [] and sentence([]) == ""


def test_rows_in_a_second_and_memory_stand_beside_the_seconds(tmp_path: Path) -> None:
    more = {"rows": {"train": 1000}, "peak_memory": 300_000_000, "steps": 24, "epochs": 3, "seconds": 1.5}
    made(tmp_path, 1, 0.9, result=more)
    made(tmp_path, 2, 0.9, result={**more, "peak_memory": 400_000_000, "seconds": 3.0}, seed=1)
    (row,) = collect([tmp_path]).tables[0].rows
    assert value_of(row.runs[0].result, "rows_per_second") == 2000.0, "24 batches of 128 are more rows than 3 passes"
    assert row.rows_per_second == 1500.0 and row.peak_memory == 400_000_000
    assert value_of({**more, "config": {"batch_size": 10}}, "rows_per_second") == 160.0
    (row,) = collect([tmp_path], metric="rows_per_second").tables[0].rows
    assert row.values == {0: 2000.0, 1: 1000.0}


def test_what_a_search_has_found_is_a_sentence_under_its_table(tmp_path: Path) -> None:
    assert read_importance(tmp_path) is None and of_search(None) == ""
    stored = {"trials": [], "importance": {"shares": {"optimizer.lr": 0.8, "batch_size": 0.2}, "trials": 30}}
    (tmp_path / FILE).write_text(json.dumps(digest.sealed(stored)))
    found = read_importance(tmp_path)
    assert found == Importance({"optimizer.lr": 0.8, "batch_size": 0.2}, 30)
    assert "PED-ANOVA of 30 trials: optimizer.lr 80 %, batch_size 20 %" in of_search(found)
    assert "its interval comes when the search has ended" in of_search(found)
    stored["importance"] |= {"intervals": {"optimizer.lr": [0.35, 0.99], "batch_size": [0.01, 0.6]}, "resamples": 200}
    (tmp_path / FILE).write_text(json.dumps(digest.sealed(stored)))
    found = read_importance(tmp_path)
    assert found is not None and found.intervals["optimizer.lr"] == (0.35, 0.99)
    assert "optimizer.lr 80 % (35 to 99), batch_size 20 % (1 to 60)" in of_search(found)
    assert "in brackets the middle 95 % over 200 resamples of the trials" in of_search(found)
