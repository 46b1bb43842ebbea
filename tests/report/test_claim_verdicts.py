"""Claims: what holds, is contradicted, is undecided, on numbers with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.report.claim_checks import on_runs
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, MISSING, NOT_JUDGED, UNDECIDED, decide, unjudged

ROWS = {
    ("low", None): {0: 0.90, 1: 0.91, 2: 0.92}, ("high", None): {0: 0.95, 1: 0.961, 2: 0.969},
    ("near", None): {0: 0.905, 1: 0.912, 2: 0.915}, ("16 units", None): {0: 0.80, 1: 0.81, 2: 0.82},
    ("single", None): {0: 0.99}, ("other seeds", None): {7: 0.99, 8: 0.98},
    ("low", "val/loss"): {0: 0.5, 1: 0.6, 2: 0.55}, ("high", "val/loss"): {0: 0.2, 1: 0.25, 2: 0.22},
    ("low", "onset/val/loss"): {0: 9.0, 1: 10.0, 2: 9.0}, ("high", "onset/val/loss"): {0: 3.0, 1: 3.0, 2: 4.0},
    ("low", "steps@0.9/a"): {0: 300.0, 1: float("inf"), 2: float("inf")},
    ("high", "steps@0.9/a"): {0: 100.0, 1: 200.0, 2: 100.0},
    ("near", "steps@0.9/a"): dict.fromkeys(range(3), float("inf")), ("16 units", "steps@0.9/a"): {0: 100.0, 1: 200.0},
    ("calm", None): dict(enumerate(0.9 + 0.001 * (-1) ** k * (1 + k % 3) for k in range(20))),
    ("wild", None): dict(enumerate(0.9 + 0.01 * (-1) ** (k // 2) * (1 + k % 4) for k in range(20))),
    ("calm too", None): dict(enumerate(0.8 + 0.001 * (-1) ** (k // 2) * (1 + (k + 1) % 3) for k in range(20))),
    ("low", "parameters"): {0: 100.0, 1: 100.0}, ("single", "parameters"): {0: 300.0},
}
NAMES = sorted({row for row, _ in ROWS})


def look(row: str, metric: str | None) -> dict[int, float]:
    return ROWS.get((row, metric), {})


@pytest.mark.parametrize(("check", "word"), [
    ("high > low", HOLDS), ("low > high", CONTRADICTED), ("near > low", UNDECIDED), ("high < low", CONTRADICTED),
    ("low < high and '16 units' < low", HOLDS), ("'16 units' < low < high", HOLDS),
    ("high > low and low > high", CONTRADICTED), ("high > low and near > low", UNDECIDED),
    ("high > 0.9", HOLDS), ("high > low + 0.02", HOLDS), ("high > low + 0.08", CONTRADICTED),
    ("high - low > low - '16 units'", CONTRADICTED), ("2 * low > high", HOLDS), ("-low < 0", HOLDS),
    ("of(high, 'steps@0.9/a') < of(low, 'steps@0.9/a')", HOLDS),
    ("of(low, 'steps@0.9/a') < of(high, 'steps@0.9/a')", CONTRADICTED),
    ("of(near, 'steps@0.9/a') < of(low, 'steps@0.9/a')", UNDECIDED),  # in two seeds neither came to it
    ("of('16 units', 'steps@0.9/a') < of(low, 'steps@0.9/a')", UNDECIDED),  # of two seeds the order says little
    ('of(high, "val/loss") < of(low, "val/loss")', HOLDS), ("onset(high) < onset(low)", HOLDS),
    ("equal(near, low, 0.05)", HOLDS), ("equal(high, low, 0.01)", CONTRADICTED), ("equal(near, low, 0.002)", UNDECIDED),
    ("single > low", UNDECIDED), ("single > 'other seeds'", MISSING),
    ("parameters(single) > 2 * parameters(low)", HOLDS),
    ("spread(wild) > spread(calm)", HOLDS), ("spread(calm) > spread(wild)", CONTRADICTED),
    ("spread(calm) > spread('calm too')", UNDECIDED), ("spread(wild) > 5 * spread(calm)", HOLDS),
    ("spread(wild) > spread(calm) * 50", CONTRADICTED), ("spread(wild) > 0.005", HOLDS),
    ("spread(calm) > 0.005", CONTRADICTED), ("spread(wild) < calm", HOLDS), ("spread(low) > 0.005", NOT_JUDGED),
    ("spread(high) > spread(low)", NOT_JUDGED), ("spread(wild) > spread(low)", NOT_JUDGED),
    ("spread(single) > 0.1", MISSING), ("spread(single) > spread(calm)", MISSING),
    ("high > low and spread(low) > 1", NOT_JUDGED), ("low > high and spread(low) > 1", CONTRADICTED),
    ('of(near, "val/loss") > 0', MISSING)])
def test_a_check_is_decided(check: str, word: str) -> None:
    assert decide(check, NAMES, look).word == word


def test_the_difference_is_paired_over_common_seeds() -> None:
    difference = decide("high > low", NAMES, look).difference
    assert difference is not None and difference.n == 3
    assert difference.mean == pytest.approx((0.05 + 0.051 + 0.049) / 3)
    assert difference.half == pytest.approx(4.302653 * 0.001 / 3 ** 0.5, rel=1e-5)


@pytest.mark.parametrize(("check", "wanted"), [
    ("hihg > low", "did you mean  high"), ("high >", "rows, numbers"), ("high", "a comparison"),
    ("high == low", "a comparison"), ("__import__('os') > 1", "are known"), ("high.mean > low", "are known"),
    ("equal(high, low)", "a comparison"), ("onset(high, low) > 2", "metric in quotes"), ("onset() > 2", "stand here"),
    ("spread(low) + 1 > spread(high)", "by itself"), ("equal(spread(low), spread(high), 1)", "by itself"),
    ("spread(low) > -2 * spread(high)", "by itself"),
    ("high > low or low > high", "a comparison"), ("open('x') > 2", "are known")])
def test_a_check_that_says_something_else_is_refused(check: str, wanted: str) -> None:
    with pytest.raises(ConfigError, match=wanted):
        decide(check, NAMES, look)


@pytest.mark.parametrize(("differences", "word", "remark"), [
    ([1.0, 1.1, 0.9, 1.0, 1.05, -0.01], HOLDS, "by t alone"),  # 4 of 64 flips come as far
    ([-1.0, -1.1, -0.9, -1.0, -1.05, 0.01], CONTRADICTED, "by t alone"),
    ([0.1, 0.1, 0.2, 0.1, 0.2, 3.0], UNDECIDED, "by sign flips alone it holds"),  # 2 of 64
    ([1.0, 1.1, 0.9, 1.0, 1.05, 0.8], HOLDS, ""), ([1.0, -1.1, 0.9, -1.0, 1.05, 0.8], UNDECIDED, ""),
    ([1.0, 1.1, 0.9, 1.0, -0.1], HOLDS, ""),  # of five, flips decide nothing and are not asked
    ([0.004] * 13 + [0.04] + [0.3] * 5 + [-0.9], UNDECIDED, "")])
def test_a_claim_that_only_one_test_decides_says_so(differences: list[float], word: str, remark: str) -> None:
    rows = {"a": dict(enumerate(differences)), "b": dict.fromkeys(range(len(differences)), 0.0)}
    found = decide("a > b", ["a", "b"], lambda row, metric: rows[row])
    assert (found.word, found.remark) == (word, remark)


def test_short_runs_show_a_direction_and_no_verdict() -> None:
    found = {check: unjudged(decide(check, NAMES, look)) for check in ("high > low", "low > high", "near > low",
                                                                       "single > 'other seeds'")}
    assert [(verdict.word, verdict.remark) for verdict in found.values()] == [
        (NOT_JUDGED, "as claimed"), (NOT_JUDGED, "the other way"), (NOT_JUDGED, "either way"), (MISSING, "")]
    assert found["high > low"].difference == decide("high > low", NAMES, look).difference


def test_equal_rows_are_called_different_one_time_in_twenty() -> None:
    rng, cases, wrong = np.random.default_rng(5), 3000, 0
    for _ in range(cases):
        seeds = rng.normal(0, 1, 5)  # what a seed does to both rows is taken out by pairing
        rows = {name: dict(enumerate((0.9 + 0.05 * seeds + rng.normal(0, 0.01, 5)).tolist())) for name in ("a", "b")}
        wrong += decide("a > b", ["a", "b"], lambda row, metric, rows=rows: rows[row]).word != UNDECIDED
    assert wrong / cases == pytest.approx(0.05, abs=0.012)


def test_a_check_on_runs_is_one_text_for_two_tables() -> None:
    ids = {"64": "a1", "wide": "a1", "16": "b2", "narrow": "b2", "val/loss": "no row"}
    first = on_runs("of('64', \"val/loss\") < of('16', 'val/loss') and equal(64 * '64', parameters('16'), 0.5)",
                    ids.__getitem__, "test/accuracy")
    second = on_runs("wide<narrow and equal(64*of(wide, 'test/accuracy'), parameters(narrow), 0.5)",
                     ids.__getitem__, "val/loss")
    assert first == ("of('a1', 'val/loss') < of('b2', 'val/loss') and "
                     "equal(64 * of('a1', 'test/accuracy'), of('b2', 'parameters'), 0.5)")
    assert second == first


def test_what_a_check_does_not_look_at_makes_no_other_text() -> None:
    texts = {on_runs("seconds(wide) < seconds(narrow)", str, metric) for metric in ("val/loss", "val/accuracy")}
    assert len(texts) == 1
    assert on_runs("onset(a) < 3", str, "x") == on_runs("onset(a, 'val/loss') < 3", str, "y")
    assert on_runs("spread(a) > 0.1", str, "x") == on_runs("spread(a, 'x') > 0.1", str, "y") != \
        on_runs("a > 0.1", str, "x")
