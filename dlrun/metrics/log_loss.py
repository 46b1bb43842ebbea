"""Metric `log_loss`."""

from __future__ import annotations

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register

LEAST = 1.1920929e-07  # probabilities are float32, whose next to 1 is so far from it


@register("metric", "log_loss")
class LogLoss(GatheredMetric):
    """Mean of -log of the true class's probability, whatever the loss of training is; natural logarithm."""

    direction, minor, scores = "min", True, ("classes",)

    @staticmethod
    def of(rows: ClassPredictions) -> float:
        import numpy as np

        return float(-np.log(np.clip(rows.of_truth, LEAST, 1)).mean()) if len(rows.targets) else float("nan")
