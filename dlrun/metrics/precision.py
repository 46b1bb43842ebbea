"""Metric `precision`."""

from __future__ import annotations

from typing import Any

from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "precision")
class Precision(GatheredMetric):
    """Of the rows that are predicted as a class, the share that is of it: the mean over the classes (or labels)."""

    direction, share, minor, scores = "max", True, True, ("classes", "labels")

    @staticmethod
    def of(rows: Any) -> float:
        found: float = rows.mean(rows.precision)
        return found
