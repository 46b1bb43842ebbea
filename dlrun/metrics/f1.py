"""Metric `f1`."""

from __future__ import annotations

from typing import Any

from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "f1")
class F1(GatheredMetric):
    """F1, the harmonic mean of precision and recall: the mean over the classes (or labels)."""

    label, direction, scores = "F1", "max", ("classes", "labels")

    @staticmethod
    def of(rows: Any) -> float:
        found: float = rows.mean(rows.f1)
        return found
