"""Printed numbers against measured ones.  A printed cell is a single run, so it is judged as one further run.

*Reproduced*: the printed value lies in the 95 % prediction interval of one further run of ours, by Student's t over
our seeds, on either side wider by half of the last printed decimal (Hahn and Meeker, Statistical Intervals, 4.7).
Else our mean is *better* or *worse* than it, by how much (*different*, where the metric has no direction).

What an interval is held against is the printed error: the printed value itself, or for an accuracy its distance to 0 or
to 1, whichever is nearer, and one unit of its last decimal at least. A cell *needs more seeds* until half of the mean's
95 % interval is at most a tenth of it, or 50 seeds were used. *Too wide to say*: even so one further run may lie
further off than half of it, so that the interval would hold almost anything that a book could print; a cell that would
be so after 50 seeds too, by the least spread that the runs at hand allow, needs no more of them to be called that.
Neither depends on where the printed value lies: about one true cell in twenty falls outside by chance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.config.schema.books import Cell
from dlrun.record.metric import Metric
from dlrun.report.statistics import LEVEL, Interval, Prediction, interval, least_sd, prediction

REPRODUCED, BETTER, WORSE, DIFFERENT = "reproduced", "better", "worse", "different"
TOO_WIDE, MORE_SEEDS, ONE_SEED = "too wide to say", "needs more seeds", "one seed"
NOT_COMPARABLE, NOT_JUDGED, MISSING = "not comparable", "not judged", "not measured"
COMPARED = (REPRODUCED, BETTER, WORSE, DIFFERENT)  # the verdicts that the share of reproduced cells is taken of
EXPECTED = 1 - LEVEL  # of true cells fall outside by chance
WIDE = 0.5  # of the printed error, for one further run
KNOWN, MOST = 0.1, 50  # of the printed error, for the mean, until so many seeds were used


@dataclass(frozen=True)
class CellVerdict:
    """`off` is measured mean - printed, in the metric's unit; `why` tells more where the word alone does not."""

    word: str
    measured: Interval | None = None
    predicted: Prediction | None = None
    off: float | None = None
    why: str = ""


def verdict_on(cell: Cell, values: Sequence[float], metric: Metric, incomparable: str = "", unjudged: bool = False
               ) -> CellVerdict:
    """The verdict on a printed cell, a value of `metric`, by our runs' values.

    `incomparable` says why nothing here can be compared (a stand-in); `unjudged` says that these are short runs, of
    which nothing is judged.
    """
    if not values:
        return CellVerdict(MISSING)
    if found := never(values):
        return CellVerdict(found)
    measured = interval(values)
    off = measured.mean - cell.value
    predicted = prediction(measured, rounding=cell.rounding)
    if unjudged:
        return CellVerdict(NOT_JUDGED, measured, predicted, off)
    if incomparable or not cell.comparable:
        return CellVerdict(NOT_COMPARABLE, measured, predicted, off, incomparable or cell.notes)
    if predicted is None:
        return CellVerdict(ONE_SEED, measured, None, off, "an interval needs two seeds at least")
    error = _error(cell, metric)
    if measured.n < MOST and (measured.half or 0.0) > KNOWN * error:
        most = Interval(measured.mean, None, least_sd(measured), MOST)
        hopeless = _too_wide(most, error)
        return CellVerdict(TOO_WIDE if hopeless else MORE_SEEDS, measured, predicted, off)
    if _too_wide(measured, error):
        return CellVerdict(TOO_WIDE, measured, predicted, off)
    if cell.value in predicted:
        return CellVerdict(REPRODUCED, measured, predicted, off)
    if metric.direction is None:
        return CellVerdict(DIFFERENT, measured, predicted, off)
    return CellVerdict(BETTER if metric.better(measured.mean, cell.value) else WORSE, measured, predicted, off)


def never(values: Sequence[float]) -> str:
    """The text for runs some of which never came to a value; their mean would be that of the others alone."""
    count = sum(map(math.isinf, values))
    return f"never reached in {count} of {len(values)} runs" if count else ""


def _too_wide(measured: Interval, error: float) -> bool:
    """Whether one further run may lie too far off; the rounding of what is printed is no spread of runs."""
    further = prediction(measured)
    return further is not None and (further.high - further.low) / 2 > WIDE * error


def _error(cell: Cell, metric: Metric) -> float:
    """The size that an interval is held against: of a printed 100 % one unit of its last decimal."""
    return max(min(cell.value, 1 - cell.value) if metric.share else abs(cell.value), 2 * cell.rounding)
