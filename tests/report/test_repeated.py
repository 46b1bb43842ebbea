"""Repeated intervals: all looks together miss with 5 %, whatever is drawn and whenever one stops."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import t, wilcoxon

from dlrun.report.repeated import CHANCE, LEVELS, LOOKS, Look, level, look, looks, sign_flip

CASES = 10_000


def missed(rng: np.random.Generator, paths: int, of_look: float, count: int) -> np.ndarray:
    """For each path of normal differences around 0 whether any of the looks excludes it; by NumPy and SciPy alone."""
    drawn = rng.standard_normal((paths, LOOKS[count - 1]))
    outside = np.zeros(paths, bool)
    for n in LOOKS[:count]:
        statistic = np.abs(drawn[:, :n].mean(1)) * math.sqrt(n) / drawn[:, :n].std(1, ddof=1)
        outside |= 2 * t.sf(statistic, n - 1) < of_look
    return outside


@pytest.mark.parametrize(("pairs", "count"), [(1, 2), (1, 7), (3, 7)])
def test_all_looks_together_err_with_five_percent_by_another_simulation(pairs: int, count: int) -> None:
    rng, paths = np.random.default_rng(7), 60_000
    share = missed(rng, paths, level(count, pairs), count).mean()
    expected = CHANCE / pairs
    assert abs(share - expected) < 4 * math.sqrt(expected / paths)
    assert missed(rng, paths, expected, count).mean() > 1.3 * expected, "one level for a single look would err"


def test_levels_fall_with_looks_and_pairs_and_go_on_beyond_what_was_simulated() -> None:
    assert all(list(row) == sorted(row, reverse=True) for row in LEVELS.values())
    assert level(1, 1) == 0.05 and level(7, 2) == level(7, 3) < level(7, 1)
    assert level(7, 36) == pytest.approx(0.05 / 36 / 7) and 0.005 < level(9, 1) < level(7, 1)
    assert looks(50) == LOOKS and looks(10) == (5, 8, 10) and looks(3) == (3,)


def test_a_look_is_the_t_interval_of_its_level() -> None:
    values = [0.2, 0.5, 0.1, 0.4, 0.3, 0.9]
    low, high = t.interval(1 - 0.01, 5, np.mean(values), np.std(values, ddof=1) / math.sqrt(6))
    found = look(values, 0.01)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert look([1.0], 0.05).half == math.inf and not look([], 0.05).decided
    assert look([0.5, 0.5, 0.5], 0.05).decided and not look([0.0, 0.0, 0.0], 0.05).decided, "ties"


@pytest.mark.parametrize("difference", [0.5, -0.25, 0.0])
def test_two_equal_differences_decide_nothing_and_are_not_known_to_a_tolerance(difference: float) -> None:
    found = look([difference, difference], 0.05)
    assert (found.mean, found.half, found.decided) == (difference, math.inf, False)
    assert math.isfinite(look([difference, difference + 0.01], 0.05).half)


def test_flipped_signs_are_counted_exactly_and_for_many_nearly() -> None:
    assert sign_flip([1, 1, 1, 1, 1]) == 2 / 32 and sign_flip([1, -1]) == 1.0
    ranks = [1.0, 2.0, -3.0, 4.0, 5.0, 6.0, 7.0, 8.0]  # of ranks it is Wilcoxon's test
    assert sign_flip(ranks) == pytest.approx(wilcoxon(ranks, method="exact").pvalue)
    many = list(np.random.default_rng(1).normal(0.3, 1, 30))
    by_t = 2 * t.sf(np.mean(many) / np.std(many, ddof=1) * math.sqrt(30), 29)
    assert sign_flip(many) == pytest.approx(by_t, abs=0.02)


DRAWN: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "t3": lambda rng, n: rng.standard_t(3, n) / math.sqrt(3),
    "skewed": lambda rng, n: rng.exponential(1.0, n) - 1,
    "tied": lambda rng, n: np.round(rng.standard_normal(n)),  # as of accuracies on few rows
}


def stopped(values: np.ndarray, of_look: float) -> Look:
    """The look at which `dlrun decide` would end."""
    found = look(list(values[:LOOKS[0]]), of_look, diagnose=False)
    for n in LOOKS[1:]:
        if found.decided:
            break
        found = look(list(values[:n]), of_look, diagnose=False)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_ten_thousand_decisions(name: str) -> None:
    rng, of_look = np.random.default_rng(11), level(len(LOOKS), 1)
    null = [stopped(DRAWN[name](rng, LOOKS[-1]), of_look) for _ in range(CASES)]
    wrong = np.mean([one.decided for one in null])
    lines = [f"{name}: wrong {100 * wrong:.2f} %"]
    for effect in (0.5, 1.0):
        found = [stopped(DRAWN[name](rng, LOOKS[-1]) + effect, of_look) for _ in range(CASES // 5)]
        covered = np.mean([abs(one.mean - effect) <= one.half for one in found])
        power, seeds = np.mean([one.decided for one in found]), np.mean([one.n for one in found])
        against = np.mean([one.decided and one.mean < 0 for one in found])
        lines.append(f"{effect} deviations: found {100 * power:.1f} %, {seeds:.1f} seeds, covered "
                     f"{100 * covered:.1f} %, the wrong way {100 * against:.2f} %")
        assert against < 0.01
    print("; ".join(lines))
    if name == "normal":
        assert wrong <= 0.055 and covered >= 0.94
