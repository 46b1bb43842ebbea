"""Numbers that no run stores, computed from its curve or its result: a small table, each with its own direction."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from dlrun.record.folder import RunFolder
from dlrun.record.metric import Direction, Metric, Metrics, metrics_of
from dlrun.record.metrics import read
from dlrun.report.run import Run
from dlrun.report.values import primary_key, value_of

SLACK = 0.01  # of the loss: an improvement by less is none
OF_A_RUN = {metric.name: metric for metric in (
    Metric("seconds", unit="s", direction="min", doc="Training time."),
    Metric("rows_per_second", direction="max", doc="Training rows in a second of training time."),
    Metric("peak_memory", unit="bytes", direction="min", doc="Most memory: of tensors on a GPU, else of the process."),
    Metric("epochs", direction="min", doc="Epochs trained."),
    Metric("steps", direction="min", doc="Steps trained."),
    Metric("parameters", direction="min", doc="Trainable parameters."))}


@dataclass(frozen=True)
class Derived:
    """A number of a curve: keys that fit `pattern`, whose group ``key`` names the curve.

    `own` says that its direction is `direction` and it is no share; else both are those of the curve's metric.
    """

    pattern: re.Pattern[str]
    value: Callable[[Run, re.Match[str]], float | None]
    own: bool = False
    direction: Direction | None = None

    def metric(self, key: str, base: Metric) -> Metric:
        """What the derived number is, of a curve whose metric is `base`."""
        name = key.removesuffix(base.name) + base.title
        made = replace(base, label=name.replace("/", " ").replace("_", " "))
        return replace(made, direction=self.direction, share=False, unit="") if self.own else made


def reading(run: Run, key: str) -> float | None:
    """A number of a run that has ended well; None where it has none.

    Besides the keys of `values.value_of`: ``val@9/loss`` and ``train@20/accuracy`` (of an epoch), ``highest/...``
    and ``lowest/...`` (over all epochs), ``onset/val/loss`` (see `onset`), ``steps@0.9/train/accuracy`` (taken at the
    end of the first epoch whose value has come to 0.9; of a k-fold run in all folds together; infinite for a run that
    has never come to it), ``baseline`` (what the data's targets alone are worth).
    """
    if not run.counted:
        return None
    if key == "baseline":
        return _baseline(run)
    for derived in DERIVED:
        if match := derived.pattern.fullmatch(key):
            return derived.value(run, match)
    return value_of(run.result, key)


def describe(key: str, metrics: Metrics) -> Metric:
    """What the number of a key is: its direction, its unit, and its title, ``test accuracy`` for ``test/accuracy``."""
    if key in OF_A_RUN:
        return OF_A_RUN[key]
    base = metrics.of(key)
    for derived in DERIVED:
        if derived.pattern.fullmatch(key):
            return derived.metric(key, base)
    return replace(base, label=f"{key.removesuffix(base.name).replace('/', ' ')}{base.title}")


def curve(run: Run, key: str) -> list[float]:
    """A metric of each epoch, in order; epochs without it are left out."""
    return [float(row[key]) for row in _rows(run, key)]


def onset(losses: list[float]) -> int:
    """The place (from 1) at which overfitting begins: the first after which the loss no longer falls by more than 1 %.

    The last one where it falls until the end: then it has not begun.  ValueError for no losses.
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


def _rows(run: Run, key: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read(RunFolder(run.folder).metrics)
    return [row for row in rows if isinstance(row.get(key), (int, float))]


def _baseline(run: Run) -> float | None:
    baseline = run.result.get("baseline") or {}
    name = primary_key(str(run.config.get("task.kind", "")), [run.result]).partition("/")[2]
    found = baseline.get(name, baseline.get("value"))
    return float(found) if isinstance(found, (int, float)) else None


def _of_epoch(run: Run, match: re.Match[str]) -> float | None:
    key, epoch = f"{match['split']}/{match['name']}", int(match["epoch"])
    return next((float(row[key]) for row in _rows(run, key) if row["epoch"] == epoch), None)


def _onset(run: Run, match: re.Match[str]) -> float | None:
    key = match["key"]
    rows = _rows(run, key)
    return float(rows[onset([float(row[key]) for row in rows]) - 1]["epoch"]) if rows else None


def _steps_to(run: Run, match: re.Match[str]) -> float | None:
    key, target = match["key"], float(match["target"])
    metric, rows = metrics_of(run.result).of(key), _rows(run, key)
    if metric.direction is None:
        return None
    there = (float(row["step"]) for row in rows if row[key] == target or metric.better(row[key], target))
    return next(there, math.inf if rows else None)


def _of_curve(compute: Callable[[list[float]], float]) -> Callable[[Run, re.Match[str]], float | None]:
    def value(run: Run, match: re.Match[str]) -> float | None:
        values = curve(run, match["key"])
        return float(compute(values)) if values else None

    return value


DERIVED = (
    Derived(re.compile(r"highest/(?P<key>.+)"), _of_curve(max)),
    Derived(re.compile(r"lowest/(?P<key>.+)"), _of_curve(min)),
    Derived(re.compile(r"onset/(?P<key>.+)"), _onset, own=True),
    Derived(re.compile(r"steps@(?P<target>\d*\.?\d+(e-?\d+)?)/(?P<key>.+)"), _steps_to, own=True, direction="min"),
    Derived(re.compile(r"(?!test@)(?P<split>\w+)@(?P<epoch>\d+)/(?P<name>.+)"), _of_epoch),
)
