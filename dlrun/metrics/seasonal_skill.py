"""Metric `seasonal_skill`."""

from __future__ import annotations

from dlrun.metrics._gathered import GatheredMetric
from dlrun.metrics._numbers import NumberPredictions
from dlrun.registry import register


@register("metric", "seasonal_skill")
class SeasonalSkill(GatheredMetric):
    """Of a series with a season: 1 - error / error of the value one season before."""

    direction, scores = "max", ("numbers",)

    @staticmethod
    def of(rows: NumberPredictions) -> float:
        return rows.skill("seasonal")
