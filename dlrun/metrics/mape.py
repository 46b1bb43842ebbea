"""Metric `mape`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register

ZERO = 1e-6  # of the largest true number: a 0 that was scaled, in 32 bits, comes back as less


@register("metric", "mape")
class Mape(GatheredMetric):
    """Mean absolute error as a share of the true number; not defined where one of them is 0."""

    label, direction, share, minor, scores = "MAPE", "min", True, True, ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        sizes = abs(rows.targets)
        if not len(sizes) or (sizes <= ZERO * sizes.max()).any():
            return float("nan")
        return float(abs(rows.errors / rows.targets).mean())
