"""Metric `average_precision`."""

from __future__ import annotations

import math
from typing import Any

from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "average_precision")
class AveragePrecision(GatheredMetric):
    """Area below precision by recall: of the second of two classes, else the mean over the classes (or labels)."""

    direction, minor, scores = "max", True, ("classes", "labels")

    @staticmethod
    def of(rows: Any) -> float:
        found = [value for value in (ranked.average_precision for ranked in rows.rankings) if math.isfinite(value)]
        return sum(found) / len(found) if found else math.nan
