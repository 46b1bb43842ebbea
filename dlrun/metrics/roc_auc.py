"""Metric `roc_auc`."""

from __future__ import annotations

import math
from typing import Any

from dlrun.metrics._gathered import GatheredMetric
from dlrun.registry import register


@register("metric", "roc_auc")
class RocAuc(GatheredMetric):
    """Area under the ROC curve: of the second of two classes, else the mean of each class (or label) against the rest.

    It is the chance that a row of the class has a higher probability of it than another row.
    """

    label, direction, minor, scores = "ROC AUC", "max", True, ("classes", "labels")

    @staticmethod
    def of(rows: Any) -> float:
        areas = [area for area in (ranked.roc_auc for ranked in rows.rankings) if math.isfinite(area)]
        return sum(areas) / len(areas) if areas else math.nan
