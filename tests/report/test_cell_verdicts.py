"""Verdicts on printed cells: synthetic cases with known answers, and how often a true cell is called reproduced."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.schema.books import Cell
from dlrun.record.metric import Metric
from dlrun.report.cell_verdicts import (
    BETTER,
    MISSING,
    MORE_SEEDS,
    NOT_COMPARABLE,
    NOT_JUDGED,
    ONE_SEED,
    REPRODUCED,
    TOO_WIDE,
    WORSE,
    verdict_on,
)

ACCURACY, LOSS = Metric("accuracy", direction="max", share=True), Metric("loss", direction="min")
ACCURACIES = [0.9420, 0.9440, 0.9430, 0.9425, 0.9435]  # mean 0.9430, deviation 0.00079: one further run +- 0.0024


@pytest.mark.parametrize(("printed", "word"), [
    (0.9425, REPRODUCED), (0.9454, REPRODUCED), (0.9406, REPRODUCED), (0.9460, WORSE), (0.9400, BETTER)])
def test_a_printed_accuracy_is_judged_as_one_further_run(printed: float, word: str) -> None:
    assert verdict_on(Cell("test/accuracy", printed, 0.0001), ACCURACIES, ACCURACY).word == word


def test_a_smaller_loss_is_better() -> None:
    losses = [0.30, 0.31, 0.29, 0.30]
    assert verdict_on(Cell("test/loss", 0.50, 0.01), losses, LOSS).word == BETTER
    assert verdict_on(Cell("test/loss", 0.20, 0.01), losses, LOSS).word == WORSE


def test_the_printed_rounding_widens_the_interval_by_half_a_decimal() -> None:
    same = [0.85] * 5
    assert verdict_on(Cell("test/accuracy", 0.86, 0.01), same, ACCURACY).word == WORSE
    assert verdict_on(Cell("test/accuracy", 0.855, 0.01), same, ACCURACY).word == REPRODUCED


def test_an_interval_that_would_hold_almost_anything_decides_nothing() -> None:
    for printed in (0.94, 0.97):
        assert verdict_on(Cell("test/accuracy", printed, 0.01), [0.92, 0.96] * 25, ACCURACY).word == TOO_WIDE
    assert verdict_on(Cell("test/loss", 0.3, 0.01), [0.2, 0.4] * 25, LOSS).word == TOO_WIDE
    assert verdict_on(Cell("test/loss", 0.3, 0.01), [0.24, 0.36] * 25, LOSS).word == REPRODUCED


def test_seeds_are_added_until_the_mean_is_known_to_a_tenth_of_the_printed_error() -> None:
    cell = Cell("test/loss", 0.3, 0.01)
    few, enough = [0.28, 0.32, 0.3, 0.35, 0.25], [0.28, 0.32, 0.3, 0.33, 0.27]  # +- 0.047 and 0.032
    assert verdict_on(cell, few, LOSS).word == verdict_on(cell, enough, LOSS).word == MORE_SEEDS
    assert verdict_on(cell, enough * 2, LOSS).word == REPRODUCED  # +- 0.018
    assert verdict_on(Cell("test/loss", 0.8, 0.01), few, LOSS).word == BETTER  # +- 0.047 is less than 0.08
    assert verdict_on(Cell("test/accuracy", 0.98, 0.01), [0.98, 0.984, 0.976], ACCURACY).word == MORE_SEEDS
    assert verdict_on(Cell("test/accuracy", 0.5, 0.01), [0.98, 0.984, 0.976], ACCURACY).word == BETTER
    assert verdict_on(Cell("test/accuracy", 0.6, 0.01), [0.61], ACCURACY).word == ONE_SEED


@pytest.mark.parametrize(("printed", "step", "values"), [
    (1.0, 0.001, [1.0] * 5), (0.0, 0.001, [0.0] * 5), (0.99, 0.01, [0.989, 0.991, 0.99, 0.9895, 0.9905]),
])
def test_the_rounding_of_a_printed_number_is_no_spread_of_ours(printed: float, step: float,
                                                               values: list[float]) -> None:
    assert verdict_on(Cell("test/accuracy", printed, step), values, ACCURACY).word == REPRODUCED
    others = [0.9 - value / 2 for value in values]
    assert verdict_on(Cell("test/accuracy", printed, step), others, ACCURACY).word not in (TOO_WIDE, REPRODUCED)
    assert verdict_on(Cell("test/accuracy", 1.0, 0.001), [0.9, 0.99, 0.95, 1.0], ACCURACY).word == TOO_WIDE


def test_a_spread_that_no_seeds_can_mend_is_too_wide_at_once() -> None:
    """Five runs allow 0.6 of their deviation, and one further run lies 2.03 of those off: 1.22 deviations in all."""
    values = [1 + 0.1 * step for step in (-1, -0.5, 0, 0.5, 1)]  # deviation 0.0791: 0.0962
    for error, word in ((0.19, TOO_WIDE), (0.196, MORE_SEEDS), (1.1, REPRODUCED)):
        shift = 1 - error
        runs = [value - shift for value in values]
        assert verdict_on(Cell("test/loss", error, 1e-9), runs, LOSS).word == word, error


def test_short_runs_judge_no_cell_comparable_or_not() -> None:
    for cell in (Cell("test/accuracy", 0.94, 0.01), Cell("test/accuracy", 0.94, 0.01, comparable=False, notes="x")):
        found = verdict_on(cell, ACCURACIES, ACCURACY, "JPEG copy", unjudged=True)
        assert found.word == NOT_JUDGED and found.measured is not None and found.off == pytest.approx(0.003)


def test_one_seed_a_stand_in_and_nothing_are_said() -> None:
    cell = Cell("test/accuracy", 0.94, 0.01)
    assert verdict_on(cell, [0.94], ACCURACY).word == ONE_SEED
    assert verdict_on(cell, [], ACCURACY).word == MISSING
    apart = verdict_on(cell, ACCURACIES, ACCURACY, "JPEG copy")
    assert (apart.word, apart.why) == (NOT_COMPARABLE, "JPEG copy")
    assert apart.off == pytest.approx(0.003)
    other = Cell("test/accuracy", 0.94, 0.01, comparable=False, notes="another split")
    assert verdict_on(other, ACCURACIES, ACCURACY).why == "another split"


def test_of_true_cells_one_in_twenty_falls_outside() -> None:
    rng, cases = np.random.default_rng(3), 4000
    runs = rng.normal(0.90, 0.002, (cases, 6))
    words = [verdict_on(Cell("test/accuracy", float(row[0]), 1e-9), [float(value) for value in row[1:]], ACCURACY).word
             for row in runs]
    assert set(words) == {REPRODUCED, BETTER, WORSE}
    assert words.count(REPRODUCED) / cases == pytest.approx(0.95, abs=0.011)  # three deviations of the share
