"""Metric `r2`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register


@register("metric", "r2")
class R2(GatheredMetric):
    """Coefficient of determination: 1 is perfect, 0 no better than the mean of these rows' own targets."""

    label, direction, scores = "R2", "max", ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        if not len(rows.targets) or rows.targets.min() == rows.targets.max():
            return float("nan")
        return 1 - float((rows.errors**2).sum() / ((rows.targets - rows.targets.mean()) ** 2).sum())
