"""An ensemble's metrics beside those of its members, on the same rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch

from dlrun.config.schema.kinds import TaskKind
from dlrun.inference.ensemble.members import Member
from dlrun.inference.ensemble.rows import Answers, Shown
from dlrun.inference.evaluation import Evaluation, Interval, Passed, chosen, evaluated, passed, redrawn
from dlrun.inference.load import ROWS, units_of
from dlrun.inference.units import Units, of_blocks
from dlrun.metrics._bootstrap import percentiles
from dlrun.tasks._base.task import Task


@dataclass(frozen=True)
class Comparison:
    """The metrics of an ensemble, of each member, and the mean of these.

    `differences` are those to the mean, the ensemble's less it, `paired` their intervals: the same rows are drawn for
    all.  `paired` has the metrics that the task itself has, and those that were asked for.
    """

    ensemble: Evaluation
    members: list[dict[str, float]]
    mean: dict[str, float]
    differences: dict[str, float]
    paired: dict[str, Interval]


def compare(members: Sequence[Member], weights: np.ndarray, rows: Shown, metrics: Sequence[str], resamples: int,
            seed: int) -> Comparison:
    """Measure the mean of the members with these weights, and each of them.  Raises ConfigError for an unknown metric.
    """
    run = members[0].run
    task, spec = run.task, run.config.task.on(run.data_spec)
    split = rows.labelled.split
    with torch.no_grad():
        mean = task.averaged(rows.outputs, torch.from_numpy(weights))

    def seen(outputs: torch.Tensor, units: Units) -> Passed:
        gather = (lambda pairs: task.gathered(pairs, run.data_spec)) if spec.gathers else None
        found = passed(task, spec.summed, Answers(outputs), rows.rows(), units, gather)
        beside = spec.beside(dict(found.predictions), split, run.kept["asked"])
        return Passed(found.units, found.names, found.sums, beside, found.unit_of)

    blocks, units = of_blocks(len(split), ROWS, "rows"), units_of(split, rows.labelled.groups)
    whole = seen(mean, blocks)
    only = chosen(metrics, whole.values(task.compute, None))
    by_unit = seen(mean, units) if resamples else None
    ensemble = evaluated(task, whole, only, by_unit, resamples, seed)
    each = [seen(outputs, blocks).values(task.compute, only) for outputs in rows.outputs]
    known = [name for name in ensemble.values if all(name in found for found in each)]
    means = {name: fmean(found[name] for found in each) for name in known}
    paired: dict[str, Interval] = {}
    if by_unit is not None:
        names = only or [name for name in known if name in spec.summed or not _of_all_rows(spec, name)]
        paired = _paired(task, [by_unit, *(seen(outputs, units) for outputs in rows.outputs)],
                         [name for name in names if name in ensemble.intervals], resamples, seed)
    return Comparison(ensemble, each, means, {name: ensemble.values[name] - means[name] for name in known}, paired)


def _of_all_rows(spec: TaskKind, name: str) -> bool:
    """Whether a metric, of a target where there are several, is one of those that take their time for each draw."""
    return any(name == one or name.endswith(f"_{one}") for one in spec.gathered_names())


def _paired(task: Task, all_seen: Sequence[Passed], names: Collection[str], resamples: int,
            seed: int) -> dict[str, Interval]:
    """Intervals of the first one's metric less the mean of the others', on the same drawn rows."""
    differences: dict[str, list[float]] = {name: [] for name in names}
    for ours, *theirs in zip(*(redrawn(task, one, names, resamples, seed) for one in all_seen)):
        for name, found in differences.items():
            if all(name in values for values in (ours, *theirs)):
                found.append(ours[name] - fmean(values[name] for values in theirs))
    return {name: interval for name, found in differences.items()
            if (interval := percentiles(found, resamples)) is not None}
