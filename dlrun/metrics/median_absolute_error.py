"""Metric `median_absolute_error`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register


@register("metric", "median_absolute_error")
class MedianAbsoluteError(GatheredMetric):
    """Median of the absolute errors, in the unit of the target."""

    direction, minor, scores = "min", True, ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        import numpy as np

        return float(np.median(abs(rows.errors))) if len(rows.targets) else float("nan")
