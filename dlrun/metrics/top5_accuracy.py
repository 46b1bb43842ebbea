"""Metric `top5_accuracy`."""

from __future__ import annotations

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "top5_accuracy")
class Top5Accuracy(GatheredMetric):
    """The share of rows whose true class is among the five most probable ones; of more than five classes."""

    label, direction, share, minor, scores = "top-5 accuracy", "max", True, True, ("classes",)

    @staticmethod
    def of(rows: ClassPredictions) -> float:
        import numpy as np

        if rows.probabilities.shape[1] <= 5 or not len(rows.targets):
            return float("nan")
        classes = np.ascontiguousarray(rows.probabilities.T)  # adding up long rows is quicker than many short ones
        truth = classes[rows.targets, np.arange(len(rows.targets))]
        before = (classes > truth).sum(0)
        return float((before < 5).mean())
