"""Predictions of labels, any number of which may hold for a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from dlrun.metrics._classes import RANKED
from dlrun.metrics._ranking import Ranking, ranking


@dataclass(frozen=True)
class LabelPredictions:
    """Probabilities (rows, labels), and which labels hold and were `taken` (rows, labels), bool; `labels` their names.
    """

    kind: ClassVar[str] = "labels"
    probabilities: np.ndarray
    targets: np.ndarray
    taken: np.ndarray
    labels: Sequence[str] = ()

    @cached_property
    def right(self) -> np.ndarray:
        """How many rows of each label (labels,) were found."""
        return np.asarray((self.targets & self.taken).sum(0))

    @cached_property
    def precision(self) -> np.ndarray:
        """Of each label (labels,); 0 where it was never taken."""
        return np.asarray(self.right / np.maximum(self.taken.sum(0), 1))

    @cached_property
    def recall(self) -> np.ndarray:
        """Of each label (labels,); 0 where it never holds."""
        return np.asarray(self.right / np.maximum(self.targets.sum(0), 1))

    @cached_property
    def f1(self) -> np.ndarray:
        """Of each label (labels,); 0 where it neither holds nor was taken."""
        return np.asarray(2 * self.right / np.maximum(self.targets.sum(0) + self.taken.sum(0), 1))

    @property
    def micro_f1(self) -> float:
        """F1 over all labels of all rows."""
        return float(2 * self.right.sum() / max(self.targets.sum() + self.taken.sum(), 1))

    def mean(self, values: np.ndarray) -> float:
        """The mean over all labels."""
        return float(values.mean())

    @cached_property
    def rankings(self) -> list[Ranking]:
        """Of each label, by its probability; empty for very many rows."""
        if self.probabilities.size > RANKED:
            return []
        return [ranking(scores, holds) for scores, holds in zip(self.probabilities.T, self.targets.T)]

    def take(self, index: np.ndarray) -> LabelPredictions:
        """Those of the rows at `index`, of which any may stand there several times."""
        return LabelPredictions(self.probabilities[index], self.targets[index], self.taken[index], self.labels)

    def per_class(self) -> dict[str, dict[str, Any]]:
        """Precision, recall and F1 of each label, and how many rows have it."""
        rows = self.targets.sum(0)
        return {str(name): {"precision": float(self.precision[place]), "recall": float(self.recall[place]),
                            "f1": float(self.f1[place]), "rows": int(rows[place])}
                for place, name in enumerate(self.labels)}
