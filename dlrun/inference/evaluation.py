"""All metrics of a trained run on rows with targets, each with an interval over these rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.data.batches import Rows
from dlrun.inference.units import Units
from dlrun.metrics._bootstrap import percentiles, resampled
from dlrun.metrics._gathered import compute
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

FEW = 32  # rows of a batch
SAME = 1e-5  # of a metric: batches of other sizes round otherwise
Interval = tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """Metrics by name, and of those that have one the interval; per class where the run has classes.

    An interval is over rows (`units` of what was drawn), with these weights: other seeds give other weights, and a
    spread that it knows nothing of.
    """

    values: dict[str, float]
    intervals: dict[str, Interval] = field(default_factory=dict)
    per_class: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    units: int = 0
    unit: str = "rows"


@dataclass(frozen=True)
class Passed:
    """What one pass over `units` of rows has shown: the sums and counts (units, 2, metrics) of what the task adds up,
    the predictions by target, and which unit each predicted row is of."""

    units: Units
    names: tuple[str, ...]
    sums: np.ndarray
    predictions: Mapping[str, Any]
    unit_of: Mapping[str, np.ndarray]

    def values(self, compute_sums: Callable[[dict[str, float]], dict[str, float]], only: Collection[str] | None,
               drawn: np.ndarray | None = None) -> dict[str, float]:
        """The metrics, of units that are `drawn` so often (units,); those that are not finite are left out."""
        sums, counts = self.sums.sum(0) if drawn is None else np.tensordot(drawn, self.sums, 1)
        found = compute_sums({name: float(total / count) for name, total, count in zip(self.names, sums, counts)
                              if count})
        rows = {target: predicted if drawn is None else
                predicted.take(np.repeat(np.arange(len(predicted.targets)), drawn[self.unit_of[target]]))
                for target, predicted in self.predictions.items()}
        found |= compute(rows, only)
        return {name: value for name, value in found.items()
                if math.isfinite(value) and (only is None or name in only)}


def passed(task: Task, names: tuple[str, ...], model: torch.nn.Module, rows: Rows, units: Units,
           gathered: Callable[[list[tuple[Any, Tensor]]], Mapping[str, Any]] | None) -> Passed:
    """One pass, a unit at a time; `gathered` makes predictions of outputs, None for tasks that gather none."""
    sums, pairs, unit_of = [], [], {}
    counts: dict[str, list[int]] = {}
    with torch.no_grad(), _threads(rows.count / max(1, len(units))):
        for places in units.places:
            x, y = rows.take(torch.from_numpy(places))
            batch, totals = Batch(x, y, len(x)), MetricAccumulator(names, rows.device)
            for player in task.players(model):
                loss, outputs = task.loss(player, model, batch)
                task.add(player, totals, loss, outputs, batch)
            sums.append(totals.sums().numpy())
            if gathered is not None:
                pairs.append((outputs, y))
                for target, found in gathered(pairs[-1:]).items():
                    counts.setdefault(target, []).append(len(found.targets))
    for target, each in counts.items():
        unit_of[target] = np.repeat(np.arange(len(units)), each)
    return Passed(units, names, np.stack(sums), gathered(pairs) if gathered is not None else {}, unit_of)


@contextmanager
def _threads(rows: float) -> Iterator[None]:
    """One thread for batches of few rows: threads that wait for each other take longer than what they share."""
    before = torch.get_num_threads()
    if rows < FEW:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def evaluated(task: Task, whole: Passed, only: Collection[str] | None, drawn_from: Passed | None = None,
              resamples: int = 0, seed: int = 0) -> Evaluation:
    """The metrics of a pass in large batches, and intervals from a pass a unit at a time, where there is one.

    A metric that is another number a unit at a time (a loss that is a mean over the words of a batch, one that draws a
    latent) by more than a quarter of its interval has none.
    """
    values, tables = whole.values(task.compute, only), {
        target: rows.per_class() for target, rows in whole.predictions.items() if hasattr(rows, "per_class")}
    rows, per_class = sum(map(len, whole.units.places)), tables.get("", tables)
    if drawn_from is None:
        return Evaluation(values, per_class=per_class, rows=rows)
    units, by_unit = drawn_from.units, drawn_from.values(task.compute, only)
    drawn: dict[str, list[float]] = {name: [] for name in values}
    for found in redrawn(task, drawn_from, only, resamples, seed):
        for name in found.keys() & drawn.keys():
            drawn[name].append(found[name])
    intervals = {}
    for name, each in drawn.items():
        interval = percentiles(each, resamples)
        if interval is None:
            continue
        rounding = SAME * abs(values[name])
        if abs(by_unit.get(name, math.inf) - values[name]) <= (interval[1] - interval[0]) / 4 + rounding:
            intervals[name] = interval
    return Evaluation(values, intervals, per_class, rows, len(units), units.what)


def redrawn(task: Task, drawn_from: Passed, only: Collection[str] | None, resamples: int,
            seed: int) -> Iterator[dict[str, float]]:
    """The metrics of rows that are drawn anew, so many times; with the same seed and units the same rows."""
    units = len(drawn_from.units)
    for weights in resampled(units, resamples if units > 1 else 0, seed):
        yield drawn_from.values(task.compute, only, weights)


def chosen(names: Sequence[str], known: Collection[str]) -> Collection[str] | None:
    """The metrics that were asked for, all (None) without any; raises ConfigError for one that these rows do not have.
    """
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ConfigError([Problem(f"metrics={name}", "no metric of this run on these rows"
                                   + (did_you_mean(name, known) or f"; there are {', '.join(known)}"))
                           for name in wrong])
    return names or None
