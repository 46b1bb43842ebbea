"""How well scores put the rows of a class before the others: what each threshold lets through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """Right and wrong rows (thresholds,) whose score is at least each of `scores`, which fall; equal scores are one.
    """

    scores: np.ndarray
    right: np.ndarray
    wrong: np.ndarray

    @property
    def positives(self) -> int:
        """Rows of the class."""
        return int(self.right[-1]) if len(self.right) else 0

    @property
    def negatives(self) -> int:
        """Rows of the other classes."""
        return int(self.wrong[-1]) if len(self.wrong) else 0

    @property
    def roc_auc(self) -> float:
        """The area under the curve of true by false positive rate, by the trapezoid rule; NaN where one has no rows."""
        if not (self.positives and self.negatives):
            return float("nan")
        right, wrong = (np.concatenate([[0], counts]).astype(np.float64) for counts in (self.right, self.wrong))
        area = ((right[1:] + right[:-1]) / 2 * np.diff(wrong)).sum()
        return float(area / self.positives / self.negatives)

    @property
    def average_precision(self) -> float:
        """The mean of the precisions at each threshold, weighted by how much recall it adds; NaN without positives."""
        if not self.positives:
            return float("nan")
        precision = self.right / (self.right + self.wrong)
        return float((np.diff(self.right, prepend=0) * precision).sum() / self.positives)

    def threshold(self) -> float:
        """The score above which rows are best taken for the class, by balanced accuracy (Youden, 1950).

        It lies between two scores that occur, so that rows near to either are taken as it was.  NaN where
        either has no rows.
        """
        if not (self.positives and self.negatives):
            return float("nan")
        gain = self.right / self.positives - self.wrong / self.negatives
        best = int(np.argmax(gain))
        below = self.scores[best + 1] if best + 1 < len(self.scores) else 0.0
        return float((float(self.scores[best]) + float(below)) / 2)


def ranking(scores: np.ndarray, positive: np.ndarray) -> Ranking:
    """The ranking of rows by `scores` (rows,), higher first; `positive` (rows,) says which are of the class."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) if len(ordered) else order  # of equal scores
    right = np.cumsum(positive[order], dtype=np.int64)[last]
    return Ranking(ordered[last], right, last + 1 - right)
