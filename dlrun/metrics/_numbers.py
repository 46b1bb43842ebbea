"""Predictions of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class NumberPredictions:
    """Predicted and true numbers (rows,) in the unit of the target, float64.

    `naive` are forecasts of a series that need no network (rows,) by name, NaN where there is none.
    """

    kind: ClassVar[str] = "numbers"
    predicted: np.ndarray
    targets: np.ndarray
    naive: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def errors(self) -> np.ndarray:
        """Predicted less true (rows,)."""
        return np.asarray(self.predicted - self.targets)

    def naive_error(self, name: str) -> float:
        """The mean absolute error of a naive forecast; NaN without one."""
        there = ~np.isnan(forecast) if (forecast := self.naive.get(name)) is not None else np.zeros(0, bool)
        return float(np.abs(forecast - self.targets)[there].mean()) if forecast is not None and there.any() else np.nan

    def skill(self, name: str) -> float:
        """1 - error / error of a naive forecast, over the rows that it has: 1 is perfect, 0 no better, NaN without one.

        Both errors are mean absolute ones (Murphy, 1988, has it for squared errors).
        """
        error = self.naive_error(name)
        if not error > 0:
            return float("nan")
        return 1 - float(np.abs(self.errors)[~np.isnan(self.naive[name])].mean()) / error

    def take(self, index: np.ndarray) -> NumberPredictions:
        """Those of the rows at `index`, of which any may stand there several times."""
        return NumberPredictions(self.predicted[index], self.targets[index],
                                 {name: forecast[index] for name, forecast in self.naive.items()})
