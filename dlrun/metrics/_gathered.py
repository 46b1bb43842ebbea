"""Metrics of dlrun's own, a file each in this folder: of all rows' predictions at once.

They are measured at the end of a run, and after each epoch where one is asked for or watched.  What a file says of its
metric are class attributes, those of `_protocol.RunMetric` and `scores`, the kinds of predictions that it is of; `of`
computes it from `_classes.ClassPredictions`, `_labels.LabelPredictions` or `_numbers.NumberPredictions`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from dlrun.record.metric import Direction, Metric
from dlrun.registry import find
from dlrun.registry.index import files

if TYPE_CHECKING:
    import numpy as np


class Predictions(Protocol):
    """What was predicted of rows, beside what is true of them; `kind` is classes, labels or numbers."""

    kind: ClassVar[str]

    @property
    def targets(self) -> np.ndarray:
        """What is true of each row (rows, ...)."""

    def take(self, index: np.ndarray) -> Predictions:
        """Those of the rows at `index`, of which any may stand there several times."""


class GatheredMetric:
    """A metric of all rows' predictions at once.

    `scores` are the kinds of predictions that it can be computed from.  A `minor` one is in result.json, and on the
    console only where it is asked for.
    """

    label: ClassVar[str] = ""
    unit: ClassVar[str] = ""
    direction: ClassVar[Direction | None] = None
    share: ClassVar[bool] = False
    minor: ClassVar[bool] = False
    scores: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def of(rows: Any) -> float:
        """The metric of predictions of one of its kinds; NaN where it is not defined for these rows."""
        raise NotImplementedError


def names(kind: str) -> list[str]:
    """The names of the metrics of dlrun's own that predictions of this kind have."""
    return [name for name in files("metric") if kind in find("metric", name).scores]


def all_of(kind: str) -> list[Metric]:
    """What is known of each metric of dlrun's own that predictions of this kind have."""
    return [metric for name in files("metric") if (metric := described(name, kind)) is not None]


def described(name: str, kind: str) -> Metric | None:
    """What is known of a metric of dlrun's own; None for another name, or one that is of other predictions."""
    if name not in files("metric") or kind not in (made := find("metric", name)).scores:
        return None
    doc = (inspect.getdoc(made) or "").partition("\n")[0]
    return Metric(name, made.label, made.unit, made.direction, made.share, doc, minor=made.minor)


def compute(predictions: Mapping[str, Any], only: Any = None) -> dict[str, float]:
    """The metrics of predictions by target: ``{"": rows}`` for one, ``{"age": ..., "income": ...}`` for several.

    A target's name stands before those of its metrics: ``income_f1``.  All that are defined for these rows are
    computed, or of them the names in `only`.
    """
    found = {}
    for target, rows in predictions.items():
        for name in names(rows.kind):
            full = f"{target}_{name}" if target else name
            if only is None or full in only:
                value = float(find("metric", name).of(rows))
                if math.isfinite(value):
                    found[full] = value
    return found
