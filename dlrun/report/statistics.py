"""Statistics over seeds: means, intervals by Student's t, paired differences, and the prediction of one further run.

All take the numbers to be drawn independently from one normal distribution, which few seeds cannot contradict; a test
holds the intervals' coverage against simulation.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVEL = 0.95
# t_quantile(LEVEL, 1 ... 40) by scipy, so that a report of few seeds need not load it; a test holds each to scipy's.
T_95 = (
    12.706204736174694, 4.302652729749462, 3.1824463052837078, 2.7764451051977934, 2.5705818356363146,
    2.4469118511449786, 2.364624251592784, 2.306004135204166, 2.262157162798205, 2.228138851986274,
    2.200985160091639, 2.1788128296672284, 2.1603686564627913, 2.144786687917804, 2.131449545559776,
    2.1199052992212546, 2.1098155778333156, 2.1009220402410382, 2.0930240544083087, 2.085963447265864,
    2.0796138447276795, 2.0738730679040254, 2.0686576104190486, 2.0638985616280245, 2.0595385527532972,
    2.0555294386428735, 2.0518305164802846, 2.0484071417952454, 2.045229642132703, 2.0422724563012378,
    2.039513446396408, 2.0369333434601016, 2.0345152974493383, 2.0322445093177186, 2.030107928250343,
    2.0280940009804502, 2.0261924630291093, 2.0243941639119694, 2.022690920036761, 2.021075390306273,
)


@dataclass(frozen=True)
class Interval:
    """A mean with the half-width of its confidence interval; `sd` and `half` are None for fewer than two numbers."""

    mean: float
    half: float | None
    sd: float | None
    n: int

    @property
    def pair(self) -> tuple[float, float] | None:
        """The two numbers, the smaller first, where there are two; else None.

        An interval of two (t is 12.7) says less than they do.
        """
        if self.n != 2 or self.sd is None:
            return None
        return self.mean - self.sd / math.sqrt(2), self.mean + self.sd / math.sqrt(2)

    @property
    def low(self) -> float | None:
        """The lower end; None where there is no interval."""
        return None if self.half is None else self.mean - self.half

    @property
    def high(self) -> float | None:
        """The upper end; None where there is no interval."""
        return None if self.half is None else self.mean + self.half


@dataclass(frozen=True)
class Prediction:
    """Where one further run will lie, with the level's probability, by the runs that were made."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean, exact but for its last rounding, so in any order the same; ValueError for none."""
    if not values:
        raise ValueError("the mean of no numbers")
    if not all(map(math.isfinite, values)):
        return float(statistics.mean(values))
    whole, unit = _integers(values)
    return sum(whole) / (len(whole) * unit)


def sd(values: Sequence[float]) -> float | None:
    """The standard deviation with n - 1, exact but for its last rounding; None for fewer than two numbers."""
    if len(values) < 2:
        return None
    if not all(map(math.isfinite, values)):
        return float(statistics.stdev(values))
    whole, unit = _integers(values)
    n = len(whole)
    return _root(n * sum(value * value for value in whole) - sum(whole) ** 2, n * (n - 1) * unit * unit)


def _integers(values: Sequence[float]) -> tuple[list[int], int]:
    """Integers and the unit by which they are divided; `statistics` adds fractions, at fifty times the cost."""
    ratios = [float(value).as_integer_ratio() for value in values]
    unit = max(below for _, below in ratios)  # each is a power of two, so that the others divide it
    return [above * (unit // below) for above, below in ratios], unit


def _root(above: int, below: int) -> float:
    """The square root of a fraction, from one of 64 bits at least."""
    shift = max(0, 64 - (above.bit_length() - below.bit_length()) // 2)
    square = above << 2 * shift
    root = math.isqrt(square // below)
    return (root << 1 | (root * root * below != square)) / (1 << shift + 1)  # what is cut off is not nothing


def t_quantile(level: float, freedom: int) -> float:
    """The half-width of Student's t that holds `level` of the probability: 4.30 for 95 % and 2 degrees of freedom."""
    if level == LEVEL and 0 < freedom <= len(T_95):
        return T_95[freedom - 1]
    from scipy.special import stdtrit  # a third of the time that scipy.stats takes to load

    return float(stdtrit(freedom, 0.5 + level / 2))


def least_sd(measured: Interval, level: float = LEVEL) -> float:
    """The lower end of the two-sided confidence interval of the deviation, s sqrt((n - 1) / chi squared); 0 for n = 1.

    >>> round(least_sd(interval([0.28, 0.32, 0.30, 0.35, 0.25])) / 0.0381, 2)
    0.6
    """
    if not measured.sd:
        return 0.0
    from scipy.special import gammaincinv

    freedom = measured.n - 1
    return measured.sd * math.sqrt(freedom / (2 * float(gammaincinv(freedom / 2, 0.5 + level / 2))))


def interval(values: Sequence[float], level: float = LEVEL) -> Interval:
    """The mean and its confidence interval, mean +- t s / sqrt(n); without one for n = 1.  ValueError for n = 0."""
    spread = sd(values)
    half = None if spread is None else t_quantile(level, len(values) - 1) * spread / math.sqrt(len(values))
    return Interval(mean(values), half, spread, len(values))


def paired(ours: Mapping[int, float], theirs: Mapping[int, float], level: float = LEVEL) -> Interval | None:
    """The mean of ours - theirs over the seeds that both have, and its interval; None without a common seed.

    Pairing takes out what a seed does to both, so the interval is often narrower than the two means' own.
    """
    common = sorted(ours.keys() & theirs.keys())
    return interval([ours[seed] - theirs[seed] for seed in common], level) if common else None


def prediction(measured: Interval, level: float = LEVEL, rounding: float = 0.0) -> Prediction | None:
    """The interval of one further run: mean +- t s sqrt(1 + 1/n), on either side wider by `rounding`.

    `rounding` is half a unit of the last decimal in which the further value is known (0.005 for a printed 94.25).
    None for fewer than two numbers.  Hahn and Meeker, Statistical Intervals, section 4.7.
    """
    if measured.sd is None:
        return None
    half = t_quantile(level, measured.n - 1) * measured.sd * math.sqrt(1 + 1 / measured.n) + rounding
    return Prediction(measured.mean - half, measured.mean + half)
