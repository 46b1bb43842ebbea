"""Metric `micro_f1`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._labels import LabelPredictions
from dlrun.registry import register


@register("metric", "micro_f1")
class MicroF1(GatheredMetric):
    """F1 over all labels of all rows."""

    direction, scores = "max", ("labels",)

    @staticmethod
    def of(rows: LabelPredictions) -> float:
        return rows.micro_f1
