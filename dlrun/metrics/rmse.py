"""Metric `rmse`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register


@register("metric", "rmse")
class Rmse(GatheredMetric):
    """Root of the mean squared error, in the unit of the target."""

    label, direction, scores = "RMSE", "min", ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        return float((rows.errors**2).mean() ** 0.5) if len(rows.targets) else float("nan")
