"""Metric `mape`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register


@register("metric", "mape")
class Mape(GatheredMetric):
    """Mean absolute error as a share of the true number; not defined where one of them is 0."""

    label, direction, share, minor, scores = "MAPE", "min", True, True, ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        if not len(rows.targets) or not rows.targets.all():
            return float("nan")
        return float(abs(rows.errors / rows.targets).mean())
