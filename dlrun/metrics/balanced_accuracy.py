"""Metric `balanced_accuracy`."""

from __future__ import annotations

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "balanced_accuracy")
class BalancedAccuracy(GatheredMetric):
    """The mean of the classes' recalls: the accuracy if all classes had equally many rows."""

    direction, share, minor, scores = "max", True, True, ("classes",)

    @staticmethod
    def of(rows: ClassPredictions) -> float:
        true = rows.confusion.sum(1) > 0  # a class without rows has no recall
        return float(rows.recall[true].mean()) if true.any() else float("nan")
