"""Metric `calibration_error`."""

from __future__ import annotations

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "calibration_error")
class CalibrationError(GatheredMetric):
    """Expected calibration error: how far the probability of the class taken is from the share that is right.

    The mean over 15 bins of that probability, weighted by their rows (Guo and others, 2017).
    """

    direction, share, minor, scores = "min", True, True, ("classes",)

    @staticmethod
    def of(rows: ClassPredictions) -> float:
        counts, sure, right = rows.reliability
        return float((counts * abs(sure - right)).sum() / counts.sum()) if counts.sum() else float("nan")
