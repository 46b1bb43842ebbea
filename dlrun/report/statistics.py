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


@dataclass(frozen=True)
class Interval:
    """A mean with the half-width of its confidence interval; `sd` and `half` are None for fewer than two numbers."""

    mean: float
    half: float | None
    sd: float | None
    n: int

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
    return float(statistics.mean(values))


def sd(values: Sequence[float]) -> float | None:
    """The standard deviation with n - 1; None for fewer than two numbers."""
    return float(statistics.stdev(values)) if len(values) > 1 else None


def t_quantile(level: float, freedom: int) -> float:
    """The half-width of Student's t that holds `level` of the probability: 4.30 for 95 % and 2 degrees of freedom.

    Newton's steps from the normal distribution's half-width, which is the smaller: all go up, since the probability is
    concave.  scipy.special has this too, and takes longer to load than a report takes otherwise.
    """
    half = statistics.NormalDist().inv_cdf(0.5 + level / 2)
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    while True:
        density = 2 * math.exp(log_scale - (freedom + 1) / 2 * math.log1p(half * half / freedom))
        step = (level - _t_probability(half, freedom)) / density
        half += step
        if step < 1e-13 * half:
            return half


def _t_probability(half: float, freedom: int) -> float:
    """The probability of -half to half, a finite sum for whole degrees (Abramowitz and Stegun, 26.7.3 and 26.7.4)."""
    angle = math.atan(half / math.sqrt(freedom))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = freedom % 2
    term, total = math.cos(angle) if odd else 1.0, 0.0
    for place in range(2 + odd, freedom + 1, 2):
        total += term
        term *= square * (place - 1) / place
    return 2 / math.pi * (angle + sine * total) if odd else sine * total


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


def prediction(values: Sequence[float], level: float = LEVEL, rounding: float = 0.0) -> Prediction | None:
    """The interval of one further run: mean +- t s sqrt(1 + 1/n), on either side wider by `rounding`.

    `rounding` is half a unit of the last decimal in which the further value is known (0.005 for a printed 94.25).
    None for fewer than two numbers.  Hahn and Meeker, Statistical Intervals, section 4.7.
    """
    spread = sd(values)
    if spread is None:
        return None
    n = len(values)
    half = t_quantile(level, n - 1) * spread * math.sqrt(1 + 1 / n) + rounding
    return Prediction(mean(values) - half, mean(values) + half)
