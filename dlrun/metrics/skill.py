"""Metric `skill`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register


@register("metric", "skill")
class Skill(GatheredMetric):
    """Of a series: 1 - error / error of the last value; 1 is perfect, 0 no better."""

    direction, scores = "max", ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        return rows.skill("last_value")
