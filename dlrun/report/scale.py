"""How one column's numbers are written, so that they line up and say no more than they know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.record.metric import Metric
from dlrun.report.statistics import Interval

MOST = 6  # decimals
LEAST = 10**-MOST  # smaller numbers are as good as 0
FAR = 0.1  # of the largest number: numbers above have digits enough


@dataclass(frozen=True)
class MetricScale:
    """How one column's numbers are written: shares in percent; decimals enough for the narrowest interval."""

    metric: Metric
    decimals: int

    @property
    def unit(self) -> str:
        """The unit of the shown numbers: % for a share."""
        return "%" if self.metric.share else self.metric.unit

    @property
    def head(self) -> str:
        """The column's header: title and unit."""
        return self.metric.title + (f", {self.unit}" if self.unit else "")

    def times(self, value: float) -> float:
        """The number as it is shown: percent for a share."""
        return 100 * value if self.metric.share else value

    def number(self, value: float, sign: bool = False) -> str:
        """The value's digits, without the unit; `sign` also writes a plus."""
        shown = round(self.times(value), self.decimals) + 0.0  # -0.0 becomes 0.0
        return f"{shown:{'+' if sign else ''}.{self.decimals}f}"


def scale(metric: Metric, values: Sequence[float], halves: Sequence[float]) -> MetricScale:
    """Percent with two decimals; else two digits of the narrowest interval, three to seven of the largest number.

    Where these write numbers as 0 that are none, or two that are far apart alike, there are decimals for three digits
    of the least number and two of the narrowest interval, six of them at most.  `values` are the column's means,
    `halves` the half widths of their intervals.
    """
    if metric.share:
        return MetricScale(metric, 2)
    if all(value.is_integer() for value in values) and not any(halves):
        return MetricScale(metric, 0)
    largest = max((abs(value) for value in values), default=1.0) or 1.0
    narrowest = min((half for half in halves if half > 1e-9 * largest), default=None)
    first = math.floor(math.log10(largest))  # the place of the largest number's first digit
    digits = 3 - first if narrowest is None else min(max(2 - first, 1 - math.floor(math.log10(narrowest))), 6 - first)
    digits = max(0, digits)
    least = min((abs(value) for value in values if abs(value) >= LEAST), default=largest)
    if least < FAR * largest and not _apart(values, [*([] if narrowest is None else [narrowest]), least], digits):
        wanted = [2 - math.floor(math.log10(least))]
        if narrowest is not None:
            wanted.append(1 - math.floor(math.log10(narrowest)))
        digits = max(digits, min(max(wanted), MOST))
    return MetricScale(metric, digits)


def of_intervals(metric: Metric, found: Sequence[Interval]) -> MetricScale:
    """The scale of a column's intervals; of those of two runs, which are shown as both values, of the means alone."""
    halves = [one.half for one in found if one.half is not None and not one.pair]
    return scale(metric, [one.mean for one in found], halves)


def _apart(values: Sequence[float], nonzero: Sequence[float], digits: int) -> bool:
    """Whether so many decimals write none of the `nonzero` numbers as 0, nor two that are far apart alike."""
    shown: dict[float, float] = {}
    for value in values:
        other = shown.setdefault(round(value, digits), value)
        if abs(value - other) > 0.1 * max(abs(value), abs(other)):
            return False
    return all(round(value, digits) for value in nonzero)
