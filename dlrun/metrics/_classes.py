"""Predictions of classes, and what several metrics of them have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from dlrun.metrics._ranking import Ranking, ranking

RANKED = 5_000_000  # probabilities that are sorted at most, which takes about half a second
BINS = 15  # of the confidence, as Guo and others (2017) have it


@dataclass(frozen=True)
class ClassPredictions:
    """Probabilities (rows, classes), the true classes (rows,) and those `taken` (rows,), as numbers; int64.

    `classes` are their names; a class beyond them is called by its number.
    """

    kind: ClassVar[str] = "classes"
    probabilities: np.ndarray
    targets: np.ndarray
    taken: np.ndarray
    classes: Sequence[str] = ()

    @cached_property
    def confusion(self) -> np.ndarray:
        """Rows by true class and class taken, (classes, classes), int64."""
        size = self.probabilities.shape[1]
        return np.asarray(np.bincount(self.targets * size + self.taken, minlength=size * size).reshape(size, size))

    @cached_property
    def present(self) -> np.ndarray:
        """Which classes (classes,) are true of a row or predicted of one; metrics are means over these."""
        return np.asarray((self.confusion.sum(0) + self.confusion.sum(1)) > 0)

    @cached_property
    def precision(self) -> np.ndarray:
        """Of each class (classes,); 0 where it was never taken."""
        return np.asarray(np.diag(self.confusion) / np.maximum(self.confusion.sum(0), 1))

    @cached_property
    def recall(self) -> np.ndarray:
        """Of each class (classes,); 0 where no row is of it."""
        return np.asarray(np.diag(self.confusion) / np.maximum(self.confusion.sum(1), 1))

    @cached_property
    def f1(self) -> np.ndarray:
        """Of each class (classes,); 0 where it is neither true nor taken."""
        return np.asarray(2 * np.diag(self.confusion) / np.maximum(self.confusion.sum(0) + self.confusion.sum(1), 1))

    def mean(self, values: np.ndarray) -> float:
        """The mean over the classes that are present."""
        return float(values[self.present].mean()) if self.present.any() else float("nan")

    @cached_property
    def rankings(self) -> list[Ranking]:
        """Of each class, by its probability; of two classes only that of the second.  Empty for very many rows."""
        if self.probabilities.size > RANKED:
            return []
        first = 1 if self.probabilities.shape[1] == 2 else 0
        return [ranking(self.probabilities[:, place], self.targets == place)
                for place in range(first, self.probabilities.shape[1])]

    @cached_property
    def of_truth(self) -> np.ndarray:
        """The probability (rows,) that the true class got, float64."""
        return np.asarray(self.probabilities[np.arange(len(self.targets)), self.targets].astype(np.float64))

    @cached_property
    def reliability(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows, mean confidence and share of right ones in each bin of the confidence (BINS,), which is the
        probability of the class taken."""
        confidence = np.nan_to_num(self.probabilities[np.arange(len(self.taken)), self.taken].astype(np.float64))
        place = np.clip(np.ceil(confidence * BINS).astype(np.int64) - 1, 0, BINS - 1)
        rows, sure, right = (np.bincount(place, weights, BINS) for weights in
                             (None, confidence, (self.taken == self.targets).astype(np.float64)))
        return rows, sure / np.maximum(rows, 1), right / np.maximum(rows, 1)

    def name(self, place: int) -> str:
        """A class's name."""
        return str(self.classes[place]) if place < len(self.classes) else str(place)

    def per_class(self) -> dict[str, dict[str, Any]]:
        """Precision, recall and F1 of each class that is present, and how many rows are of it."""
        rows = self.confusion.sum(1)
        return {self.name(place): {"precision": float(self.precision[place]), "recall": float(self.recall[place]),
                                   "f1": float(self.f1[place]), "rows": int(rows[place])}
                for place in np.flatnonzero(self.present).tolist()}

    def take(self, index: np.ndarray) -> ClassPredictions:
        """Those of the rows at `index`, of which any may stand there several times."""
        return ClassPredictions(self.probabilities[index], self.targets[index], self.taken[index], self.classes)

    def at(self, threshold: float) -> ClassPredictions:
        """Those of two classes where the second is taken above this probability."""
        taken = (self.probabilities[:, 1] > threshold).astype(np.int64)
        return ClassPredictions(self.probabilities, self.targets, taken, self.classes)


def class_predictions(probabilities: np.ndarray, targets: np.ndarray, taken: np.ndarray | None = None,
                      classes: Sequence[str] = ()) -> ClassPredictions:
    """Predictions from probabilities (rows, classes), or (rows,) of the second of two classes."""
    if probabilities.ndim == 1:
        probabilities = np.stack([1 - probabilities, probabilities], 1)
    taken = probabilities.argmax(1) if taken is None else taken
    return ClassPredictions(probabilities, targets.astype(np.int64), taken.astype(np.int64), classes)
