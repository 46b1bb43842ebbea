"""Predictions of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np


@dataclass(frozen=True)
class NumberPredictions:
    """Predicted and true numbers (rows,) in the unit of the target, float64."""

    kind: ClassVar[str] = "numbers"
    predicted: np.ndarray
    targets: np.ndarray

    @cached_property
    def errors(self) -> np.ndarray:
        """Predicted less true (rows,)."""
        return np.asarray(self.predicted - self.targets)

    def take(self, index: np.ndarray) -> NumberPredictions:
        """Those of the rows at `index`, of which any may stand there several times."""
        return NumberPredictions(self.predicted[index], self.targets[index])
