"""Metric `brier`."""

from __future__ import annotations

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "brier")
class Brier(GatheredMetric):
    """Brier score: mean squared error of the probabilities; of two classes that of the second, else their sum.

    Brier (1950) adds up the classes, so that the worst is 2; for two classes half of that is usual, and the worst is 1.
    """

    label, direction, minor, scores = "Brier score", "min", True, ("classes",)

    @staticmethod
    def of(rows: ClassPredictions) -> float:
        import numpy as np

        if not len(rows.targets):
            return float("nan")
        squares = np.square(rows.probabilities, dtype=np.float64).sum(1)  # sum of (p - t)^2 = sum of p^2 - 2 p_true + 1
        found = float((squares - 2 * rows.of_truth + 1).mean())
        return found / 2 if rows.probabilities.shape[1] == 2 else found
