"""Intervals against scipy.stats itself, and their coverage by simulation."""

from __future__ import annotations

import math
import random
import statistics

import numpy as np
import pytest
from scipy import stats

from dlrun.report.statistics import interval, mean, paired, prediction, sd, t_quantile

VALUES = [[0.9425, 0.9442], [94.2, 94.4, 94.25], [1.0, 2.0, 4.0, 8.0, 16.0], [1e-9, 3e-9, 2e-9],
          [1e9, 1e9 + 1, 1e9 + 5]]


@pytest.mark.parametrize("values", VALUES, ids=str)
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_the_interval_is_students_t(values: list[float], level: float) -> None:
    found = interval(values, level)
    low, high = stats.t.interval(level, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    assert found.mean == pytest.approx(np.mean(values), rel=1e-14)
    assert found.sd == pytest.approx(np.std(values, ddof=1), rel=1e-9)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert found.n == len(values)


@pytest.mark.parametrize("freedom", [*range(1, 41), 41, 1000])
def test_the_quantile_is_scipys(freedom: int) -> None:
    assert t_quantile(0.95, freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-12)


def test_for_one_run_no_interval_is_invented() -> None:
    one = interval([0.9])
    assert (one.mean, one.half, one.sd, one.low, one.high, one.n) == (0.9, None, None, None, None, 1)
    assert sd([0.9]) is None and prediction(one) is None
    with pytest.raises(ValueError, match="no numbers"):
        interval([])


@pytest.mark.parametrize("scale", [1e-160, 1e-3, 1.0, 1e9, 1e160])
def test_mean_and_deviation_are_those_of_exact_fractions(scale: float) -> None:
    draw = random.Random(5)
    for n in (2, 3, 7, 40):
        values = [scale * (1 + draw.gauss(0, 10.0 ** draw.randint(-9, 1))) for _ in range(n)]
        assert mean(values) == statistics.mean(values)
        assert sd(values) == pytest.approx(statistics.stdev(values), rel=3e-16)
    assert math.isnan(mean([1.0, math.nan])) and mean([1.0, math.inf]) == math.inf


def test_equal_runs_have_an_interval_of_no_width() -> None:
    assert interval([0.1, 0.1, 0.1]).half == 0


def test_a_paired_difference_is_scipys_and_counts_common_seeds_only() -> None:
    ours = {0: 0.91, 1: 0.94, 2: 0.92, 7: 0.5}
    theirs = {2: 0.90, 0: 0.90, 1: 0.92, 9: 0.1}
    found = paired(ours, theirs)
    expected = stats.ttest_rel([0.91, 0.94, 0.92], [0.90, 0.92, 0.90])
    low, high = expected.confidence_interval(0.95)
    assert found is not None and found.n == 3
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-10)
    assert paired({0: 1.0}, {1: 1.0}) is None
    assert paired({0: 1.5}, {0: 1.0}).half is None  # type: ignore[union-attr]


def test_the_prediction_interval_has_its_textbook_form() -> None:
    values = [94.2, 94.4, 94.25, 94.31, 94.1]
    n, half = 5, stats.t.ppf(0.975, 4) * np.std(values, ddof=1) * math.sqrt(1 + 1 / 5)
    found = prediction(interval(values))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((np.mean(values) - half, np.mean(values) + half), rel=1e-12)
    wider = prediction(interval(values), rounding=0.005)
    assert wider is not None and n == len(values)
    assert (found.low - wider.low, wider.high - found.high) == pytest.approx((0.005, 0.005), rel=1e-6)
    edge = np.mean(values) + half
    assert edge + 0.004 not in found and edge + 0.004 in wider


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_the_intervals_cover_as_often_as_they_say(n: int) -> None:
    """Of 4,000 simulated experiments 95 % +- 1.4 % (four standard errors) have the truth in the interval."""
    draw = np.random.default_rng(n)
    times, tolerance = 4000, 4 * math.sqrt(0.95 * 0.05 / 4000)
    true, spread = 0.97, 0.004
    hits = further = pairs = 0
    for _ in range(times):
        effect = draw.normal(0, 0.02, n)  # what a seed does to both rows: far more than what tells them apart
        ours, theirs = true + effect + draw.normal(0, spread, n), true - 0.01 + effect + draw.normal(0, spread, n)
        alone = interval((true + draw.normal(0, spread, n)).tolist())
        hits += alone.low <= true <= alone.high  # type: ignore[operator]
        predicted = prediction(interval((true + draw.normal(0, spread, n)).tolist()))
        further += draw.normal(true, spread) in predicted  # type: ignore[operator]
        difference = paired(dict(enumerate(ours.tolist())), dict(enumerate(theirs.tolist())))
        pairs += difference.low <= 0.01 <= difference.high  # type: ignore[union-attr, operator]
    for count in (hits, further, pairs):
        assert count / times == pytest.approx(0.95, abs=tolerance)


def test_the_order_of_the_runs_changes_no_bit() -> None:
    values = [random.Random(1).uniform(0, 1) * 10.0 ** (k % 7) for k in range(50)]
    shuffled = random.Random(2).sample(values, len(values))
    assert interval(values) == interval(shuffled) and mean(values) == mean(shuffled)
