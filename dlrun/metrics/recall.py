"""Metric `recall`."""

from __future__ import annotations

from typing import Any

from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "recall")
class Recall(GatheredMetric):
    """Of the rows of a class, the share that is predicted as it: the mean over the classes (or labels)."""

    direction, share, minor, scores = "max", True, True, ("classes", "labels")

    @staticmethod
    def of(rows: Any) -> float:
        found: float = rows.mean(rows.recall)
        return found
