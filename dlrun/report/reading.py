"""One number of one run by its name: of the result, of an epoch, or of the whole curve."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from dlrun.config.schema.stopping import smaller_is_better
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.report.measure import value_of
from dlrun.report.run import Run

SLACK = 0.01  # of the loss: an improvement by less is none
STEPS = re.compile(r"steps@\d*\.?\d+(e-?\d+)?")
_PICK: dict[str, Callable[[list[float]], float]] = {"highest": max, "lowest": min}


def reading(run: Run, metric: str) -> float | None:
    """A measure of a run that has ended well; None where it has none.

    Besides the names of `measure.value_of`: ``val@9/loss`` and ``train@20/accuracy`` (of an epoch), ``highest/...``
    and ``lowest/...`` (over all epochs), ``onset/val/loss`` (see `onset`), ``steps@0.9/train/accuracy`` (taken at the
    end of the first epoch whose measure has come to 0.9; of a k-fold run in all folds together; infinite for a run that
    has never come to it), ``baseline`` (what no training is needed for).
    """
    if not run.counted:
        return None
    if metric == "baseline":
        found = (run.result.get("baseline") or {}).get("value")
        return float(found) if isinstance(found, (int, float)) else None
    first, _, rest = metric.partition("/")
    if first in _PICK:
        values = curve(run, rest)
        return _PICK[first](values) if values else None
    if first == "onset":
        values = curve(run, rest)
        return float(onset(values)) if values else None
    part, at, epoch = first.partition("@")
    if part == "steps" and at:
        return _steps_to(run, rest, float(epoch)) if STEPS.fullmatch(first) else None
    if at and part != "test":
        values = curve(run, f"{part}/{rest}")
        place = int(epoch) - 1 if epoch.isdigit() else -1
        return values[place] if 0 <= place < len(values) else None
    return value_of(run.result, metric)


def curve(run: Run, metric: str) -> list[float]:
    """A measure of each epoch, in order; epochs without it are left out."""
    return [float(row[metric]) for row in _rows(run, metric)]


def _rows(run: Run, metric: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(RunFolder(run.folder).metrics)
    return [row for row in rows if isinstance(row.get(metric), (int, float))]


def _steps_to(run: Run, metric: str, wanted: float) -> float | None:
    sign = 1 if smaller_is_better(metric) else -1
    rows = _rows(run, metric)
    there = (float(row["step"]) for row in rows if sign * row[metric] <= sign * wanted)
    return next(there, math.inf if rows else None)


def onset(losses: list[float]) -> int:
    """The epoch (from 1) at which overfitting begins: the first after which the loss no longer falls by more than 1 %.

    The last epoch where it falls until the end: then it has not begun.  ValueError for no losses.
    """
    if not losses:
        raise ValueError("a curve without epochs")
    lowest = math.inf
    begins = len(losses)
    for epoch in range(len(losses), 0, -1):  # backwards, with the lowest loss of the later epochs at hand
        loss = losses[epoch - 1]
        if lowest >= loss - SLACK * abs(loss):
            begins = epoch
        lowest = min(lowest, loss)
    return begins
