"""Claims as checks over rows: ``rmsprop > sgd``, decided by paired intervals over the seeds that both sides have.

A comparison *holds* if the 95 % interval of the difference (Student's t) lies on its side of 0, is *contradicted* if
it lies on the other, and is *undecided* else. From six pairs the exact flips of signs stand beside t, from twenty the
BCa bootstrap: where not all of them decide alike, the verdict, which is t's, says who decides. Where some runs never
came to a value (an infinite number of steps), it is decided by the order alone: by that of all seeds, of three at
least. `equal` holds if the interval lies within the distance, and is contradicted if it lies outside of it. Where a
difference has no spread at all (numbers of parameters) its sign decides. Two spreads are held against each other by
Pitman and Morgan's test on the pairs, from twenty; with fewer they are *not judged*.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dlrun.report.claim_checks import comparisons, has_spread, parse, scaled_spread
from dlrun.report.claim_values import Missing, Values, ValuesOf, of_call, paired, value
from dlrun.report.paired_tests import SPREADS_FROM, bca, pitman_morgan, sign_flip, spread_ends
from dlrun.report.statistics import LEVEL, Interval, interval, sd

FEWEST = 3  # seeds whose order decides alone
HOLDS, CONTRADICTED, UNDECIDED, MISSING = "holds", "contradicted", "undecided", "not measured"
NOT_JUDGED, OTHER_WAY = "not judged", "the other way"
_SAID = {HOLDS: "holds", CONTRADICTED: "is contradicted"}
ORDER = (HOLDS, UNDECIDED, NOT_JUDGED, CONTRADICTED)  # of several comparisons the last one is the verdict of all


@dataclass(frozen=True)
class ClaimVerdict:
    """`difference` is that of the comparison that decided, paired over `difference.n` seeds.

    `remark` tells which of several tests decided, or why none did.
    """

    word: str
    difference: Interval | None = None
    remark: str = ""


def decide(check: str, rows: list[str], values_of: ValuesOf) -> ClaimVerdict:
    """The verdict of a check over rows by name; raises ConfigError for one that cannot be read."""
    tree = parse(check, rows)
    try:
        found = [verdict for node in comparisons(tree) for verdict in _compared(node, values_of)]
    except Missing:
        return ClaimVerdict(MISSING)
    return max(found, key=lambda verdict: ORDER.index(verdict.word))  # the first of several


def _compared(node: ast.Compare | ast.Call, values_of: ValuesOf) -> list[ClaimVerdict]:
    if isinstance(node, ast.Call):
        a, b, within = (value(side, values_of) for side in node.args)
        assert isinstance(within, float)
        return [_equal(a, b, within)]
    sides = [node.left, *node.comparators]
    found = []
    for left, op, right in zip(sides, node.ops, sides[1:]):
        ours, theirs = (left, right) if isinstance(op, ast.Gt) else (right, left)
        if has_spread(ours) or has_spread(theirs):
            found.append(_wider(ours, theirs, values_of))
        else:
            found.append(_greater(value(ours, values_of), value(theirs, values_of)))
    return found


def _greater(ours: Values | float, theirs: Values | float) -> ClaimVerdict:
    values, difference = _difference(ours, theirs)
    low, high = _ends(difference)
    word = HOLDS if low > 0 else CONTRADICTED if high < 0 or low == high == 0 else UNDECIDED
    words = {"t": word}
    if values:
        p, between = sign_flip(values), bca(values)
        if p is not None:
            words["sign flips"] = UNDECIDED if p > 1 - LEVEL else HOLDS if difference.mean > 0 else CONTRADICTED
        if between is not None:
            words["BCa"] = HOLDS if between[0] > 0 else CONTRADICTED if between[1] < 0 else UNDECIDED
    return ClaimVerdict(word, difference, _alone(words))


def _equal(a: Values | float, b: Values | float, within: float) -> ClaimVerdict:
    values, difference = _difference(a, b)
    words = {"t": _within(*_ends(difference), within)}
    if values and (between := bca(values)) is not None:
        words["BCa"] = _within(*between, within)
    return ClaimVerdict(words["t"], difference, _alone(words))


def _within(low: float, high: float, within: float) -> str:
    return HOLDS if -within <= low and high <= within else CONTRADICTED if low > within or high < -within else UNDECIDED


def _alone(words: dict[str, str]) -> str:
    """Who decides, where not all of them do; empty where they agree.  The verdict's word is t's."""
    deciding = {name: word for name, word in words.items() if word != UNDECIDED}
    if len(set(words.values())) == 1:
        return ""
    return f"by {' and '.join(deciding)} alone" + ("" if "t" in deciding else f" it {_SAID[max(deciding.values())]}")


def _wider(ours: ast.expr, theirs: ast.expr, values_of: ValuesOf) -> ClaimVerdict:
    """The verdict on ``spread(a) > spread(b)``, or on a spread beside a number or other values."""
    nodes, sides = (ours, theirs), [_spread_side(side, values_of) for side in (ours, theirs)]
    if all(scaled_spread(node) for node in nodes):
        seeds = sorted(sides[0].keys() & sides[1].keys())  # type: ignore[union-attr]
        return _of_pairs(*([side[seed] for seed in seeds] for side in sides))  # type: ignore[index]
    (low, middle, high, n), (below, other, above, m) = (
        _known(side, scaled_spread(node) is not None) for node, side in zip(nodes, sides))
    difference = Interval(middle - other, None, None, int(min(n, m)))
    if difference.n < SPREADS_FROM:
        return _too_few(difference)
    return ClaimVerdict(HOLDS if low > above else CONTRADICTED if high < below else UNDECIDED, difference)


def _of_pairs(ours: Sequence[float], theirs: Sequence[float]) -> ClaimVerdict:
    first, second = sd(ours), sd(theirs)
    if first is None or second is None:
        raise Missing
    difference = Interval(first - second, None, None, len(ours))
    if len(ours) < SPREADS_FROM:
        return _too_few(difference)
    p = pitman_morgan(ours, theirs)
    word = UNDECIDED if p > 1 - LEVEL else HOLDS if first > second else CONTRADICTED
    return ClaimVerdict(word, difference, f"Pitman and Morgan, p = {p:.2g}")


def _known(side: Values | float, spread: bool) -> tuple[float, float, float, float]:
    """Low end, middle, high end and count of a spread, of a mean, or of a number, which is known for certain."""
    if isinstance(side, float):
        return side, side, side, math.inf
    values = list(side.values())
    if len(values) < 2:
        raise Missing
    if spread:
        low, high = spread_ends(values)
        return low, float(sd(values) or 0), high, len(values)
    low, high = _ends(found := interval(values))
    return low, found.mean, high, len(values)


def _too_few(difference: Interval) -> ClaimVerdict:
    return ClaimVerdict(NOT_JUDGED, difference, f"a spread takes {SPREADS_FROM} seeds")


def _spread_side(node: ast.expr, values_of: ValuesOf) -> Values | float:
    """The values of a side, times the number that its spread is multiplied by."""
    found = scaled_spread(node)
    if found is None:
        return value(node, values_of)
    return paired(found[0], of_call(found[1], values_of), operator.mul)


def _ends(difference: Interval) -> tuple[float, float]:
    """The ends of the interval; nothing is known of a difference of one seed, but for its sign where it is exact."""
    if difference.half is not None:
        return difference.mean - difference.half, difference.mean + difference.half
    return -float("inf"), float("inf")


def _difference(ours: Values | float, theirs: Values | float) -> tuple[Sequence[float], Interval]:
    """The differences by seed (none of two numbers, or of infinite ones) and what is known of their mean."""
    found = paired(ours, theirs, operator.sub)
    if isinstance(found, float):
        return (), Interval(found, 0.0, 0.0, 1)
    values = list(found.values())
    if all(map(math.isfinite, values)):
        return values, interval(values)
    for way in (1.0, -1.0):
        if len(values) >= FEWEST and all(way * one > 0 for one in values):  # NaN, where neither came to it, is not
            return (), Interval(way * math.inf, 0.0, None, len(values))
    return (), Interval(math.nan, None, None, len(values))


def unjudged(verdict: ClaimVerdict, why: str = "") -> ClaimVerdict:
    """The verdict as the direction that the numbers have, and why no more is said; one that was none stays."""
    ways = {HOLDS: "as claimed", CONTRADICTED: OTHER_WAY, UNDECIDED: "either way"}
    if verdict.word not in ways:
        return verdict
    return replace(verdict, word=NOT_JUDGED, remark=f"{ways[verdict.word]}; {why}" if why else ways[verdict.word])
