"""The tests beside Student's t against enumeration, textbook forms and simulation."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from dlrun.report.paired_tests import bca, pitman_morgan, sign_flip, spread_ends

SKEWED = [0.1, 0.2, 0.15, 0.3, 0.12, 0.9, 0.25, 0.18, 0.4, 0.22, 0.11, 0.35, 0.16, 0.28, 0.14, 0.6, 0.2, 0.19, 0.33,
          1.4]


@pytest.mark.parametrize("values", [[1.0, 1.1, 0.9, 1.0, 1.05, -0.01], [3, -1, 2, 2, -2, 1, 0.5],
                                    [0.5, 0.1, 0.4, 0.2, 0.3, 0.6, 0.7, 0.25]], ids=len)
def test_sign_flips_are_those_of_every_assignment_of_signs(values: list[float]) -> None:
    sums = [abs(sum(sign * value for sign, value in zip(signs, values)))
            for signs in itertools.product((1, -1), repeat=len(values))]
    expected = sum(found >= abs(sum(values)) * (1 - 1e-12) for found in sums) / len(sums)
    assert sign_flip(values) == pytest.approx(expected, rel=1e-12)


def test_six_differences_of_one_sign_are_the_first_that_flips_can_decide() -> None:
    assert sign_flip([1.0, 2.0, 3.0, 4.0, 5.0]) is None
    assert sign_flip([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) == pytest.approx(2 / 64)
    assert sign_flip([0.5] * 8) is None  # without a spread there is nothing to test


def test_bca_is_efrons_formula() -> None:
    values, draw = np.array(SKEWED), np.random.default_rng(17)
    means = np.sort(values[draw.integers(0, 20, (200_000, 20))].mean(1))
    bias = stats.norm.ppf((means < values.mean()).mean())
    left_out = (values.sum() - values) / 19
    away = left_out.mean() - left_out
    acceleration = (away ** 3).sum() / (6 * (away ** 2).sum() ** 1.5)
    ends = [np.quantile(means, stats.norm.cdf(bias + (bias + z) / (1 - acceleration * (bias + z))))
            for z in stats.norm.ppf([0.025, 0.975])]
    found = bca(SKEWED)
    assert found == pytest.approx(tuple(ends), abs=0.012)  # of 9,999 resamples
    low, high = stats.t.interval(0.95, 19, loc=values.mean(), scale=stats.sem(values))
    assert found[0] > low and found[1] > high, "skewed to the right, and so is the interval"
    assert bca(SKEWED[:19]) is None and found == bca(SKEWED), "the same numbers give the same interval"


def test_pitman_and_morgan_find_equal_spreads_different_one_time_in_twenty_however_the_seed_moves_both() -> None:
    draw, cases, wrong, f_wrong = np.random.default_rng(4), 1500, 0, 0
    for _ in range(cases):
        shared = draw.normal(0, 1, 20)  # what a seed does to both rows, five times what is each one's own
        ours, theirs = (shared + draw.normal(0, 0.2, 20) for _ in range(2))
        wrong += pitman_morgan(ours.tolist(), theirs.tolist()) < 0.05
        ratio = np.var(ours, ddof=1) / np.var(theirs, ddof=1)
        f_wrong += 2 * min(stats.f.sf(ratio, 19, 19), stats.f.cdf(ratio, 19, 19)) < 0.05
    assert wrong / cases == pytest.approx(0.05, abs=0.017)  # three deviations of the share
    assert f_wrong == 0, "an F test, which takes them to be independent, never finds a difference here"


def test_pitman_and_morgan_are_the_t_of_a_correlation() -> None:
    ours, theirs = np.array(SKEWED), np.array(SKEWED[::-1]) * 0.3
    a, b = np.var(ours, ddof=1), np.var(theirs, ddof=1)
    r = np.corrcoef(ours, theirs)[0, 1]
    t = (a - b) * math.sqrt(18 / (4 * a * b * (1 - r * r)))  # Morgan's own form
    assert pitman_morgan(ours.tolist(), theirs.tolist()) == pytest.approx(2 * stats.t.sf(abs(t), 18), rel=1e-9)
    assert pitman_morgan([1.0, 2.0, 4.0], [1.0, 2.0, 4.0]) == 1.0
    with pytest.raises(ValueError, match="three pairs"):
        pitman_morgan([1.0, 2.0], [1.0, 3.0])


def test_the_interval_of_a_spread_is_that_of_chi_square() -> None:
    n, s = len(SKEWED), np.std(SKEWED, ddof=1)
    low, high = (s * math.sqrt((n - 1) / stats.chi2.ppf(p, n - 1)) for p in (0.975, 0.025))
    assert spread_ends(SKEWED) == pytest.approx((low, high), rel=1e-9)
    with pytest.raises(ValueError, match="two numbers"):
        spread_ends([1.0])
