"""Metric `cohen_kappa`."""

from __future__ import annotations

from dlrun.metrics._classes import ClassPredictions
from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "cohen_kappa")
class CohenKappa(GatheredMetric):
    """Cohen's kappa: agreement with the true classes beyond what their shares alone give; 0 is chance, 1 is perfect."""

    label, direction, minor, scores = "Cohen's kappa", "max", True, ("classes",)

    @staticmethod
    def of(rows: ClassPredictions) -> float:
        counts = rows.confusion.astype(float)
        total = counts.sum()
        by_chance = float(counts.sum(0) @ counts.sum(1)) / total**2 if total else 1.0
        return (float(counts.trace() / total) - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")
