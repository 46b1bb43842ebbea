"""How well scores put the rows of a class before the others.

The areas are counted from their definitions, a line each, and held to scikit-learn's by tests.  It is not asked itself:
`sklearn.metrics` takes 1.1 s of CPU to load (0.8 of them `scipy.stats`), where a run of a small network takes 3 to 4
in all.  A thread beside the training does not hide that: loading holds the interpreter, for which each step of a small
network waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """The scores of the rows of a class (positives,) and of the others (negatives,), each in rising order."""

    positives: np.ndarray
    negatives: np.ndarray

    @cached_property
    def _below(self) -> np.ndarray:
        """How many negatives have a lower score than each positive (positives,)."""
        return np.searchsorted(self.negatives, self.positives, "left")

    @property
    def roc_auc(self) -> float:
        """The share of pairs in which the row of the class has the higher score, equal ones half; NaN without pairs."""
        if not (len(self.positives) and len(self.negatives)):
            return float("nan")
        up_to = np.searchsorted(self.negatives, self.positives, "right")
        return float((self._below + up_to).mean() / 2 / len(self.negatives))

    @property
    def average_precision(self) -> float:
        """The mean over the rows of the class of the precision where they are let through; NaN without such rows."""
        if not len(self.positives):
            return float("nan")
        right = len(self.positives) - np.searchsorted(self.positives, self.positives, "left")
        wrong = len(self.negatives) - self._below
        return float((right / (right + wrong)).mean())

    def threshold(self) -> float:
        """The score above which rows are best predicted as the class, by balanced accuracy (Youden, 1950).

        It lies between two scores that occur, so that rows near to either are taken as it was.  NaN where
        either has no rows.
        """
        if not (len(self.positives) and len(self.negatives)):
            return float("nan")
        scores = np.unique(np.concatenate([self.positives, self.negatives]))[::-1]
        below = [np.searchsorted(rows, scores, "left") / len(rows) for rows in (self.positives, self.negatives)]
        best = int(np.argmax(below[1] - below[0]))  # true less false positive rate; of equals the highest score
        next_lower = scores[best + 1] if best + 1 < len(scores) else 0.0
        return (float(scores[best]) + float(next_lower)) / 2


def ranking(scores: np.ndarray, positive: np.ndarray) -> Ranking:
    """The ranking of rows by `scores` (rows,); `positive` (rows,), bool, says which are of the class."""
    return Ranking(np.sort(scores[positive]), np.sort(scores[~positive]))
