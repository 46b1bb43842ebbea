"""Intervals by resampling: how far a metric would move if other rows of the same kind had been measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

LEVEL = 0.95
DEFINED = 0.9  # the share of resamples that a metric has to be defined for: one of a rare class is not always there


def resampled(units: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each unit is drawn (units,), int64, when as many are drawn as there are, each of them anew."""
    rng = np.random.default_rng(seed)
    shares = np.full(units, 1 / units)
    for _ in range(resamples):
        yield rng.multinomial(units, shares)


def percentiles(values: Sequence[float], resamples: int) -> tuple[float, float] | None:
    """The middle `LEVEL` of the values of a metric (Efron's percentile interval); None where it is seldom defined."""
    if len(values) < DEFINED * resamples or len(values) < 2:
        return None
    low, high = np.quantile(np.asarray(values, np.float64), ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
