"""A task's metrics over rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from dlrun.data.batches import Rows, in_order
from dlrun.metrics._protocol import RunMetric
from dlrun.models.step_rng import StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.task import Task

if TYPE_CHECKING:
    from dlrun.engine.compiled.evaluation import CompiledEvaluation


def measure(task: Task, names: Sequence[str], model: nn.Module, rng: StepRng, rows: Rows, batch_size: int,
            cast: Callable[[], Any] = nullcontext,
            passed: list[tuple[Tensor, Tensor]] | None = None,
            chosen: Mapping[str, RunMetric] | None = None,
            before_batch: Callable[[], None] = lambda: None,
            gathered: list[tuple[Any, Tensor]] | None = None,
            program: CompiledEvaluation | None = None) -> dict[str, float]:
    """The metrics over all rows, with dropout off; `names` are those that the task adds up, `chosen` the user's.

    Of the user's those that are not finite are left out.  `passed` gets the model's outputs and the targets of each
    batch, `gathered` what the task's loss gave out, and the targets.  What `before_batch` raises ends it.  `program`
    measures the rows that it can.  The model is in training mode afterwards.
    """
    chosen = chosen or {}
    for metric in chosen.values():
        metric.reset()
    totals = MetricAccumulator(names, rows.device)
    rng.seed_step(-1)  # what is random in a measurement (a latent sample) is the same in each
    model.eval()
    seen: list[Tensor] = []
    hook = None if passed is None else model.register_forward_hook(lambda *call: seen.append(call[-1]))

    def note(outputs: Any, batch: Batch, shown: Any) -> None:
        if chosen:
            scored = task.scored(outputs, batch)
            for metric in chosen.values():
                metric.update(*scored)
        if passed is not None:
            passed.append((shown, batch.y))
        if gathered is not None:
            gathered.append((outputs, batch.y))

    try:
        with torch.no_grad():
            left: Iterable[tuple[Tensor, Tensor]] = in_order(rows, batch_size)
            if program is not None and program.measures(rows, bool(chosen) or gathered is not None, passed is not None):
                for each in program(rows, totals, rng, before_batch):
                    note(each.outputs, Batch(each.y, each.y, len(each.y)), each.shown)  # targets alone are scored
                left = program.left(rows)
            for x, y in left:
                before_batch()
                batch = Batch(x, y, len(x))
                for player in task.players(model):
                    with cast():
                        loss, outputs = task.loss(player, model, batch)
                    task.add(player, totals, loss, outputs, batch)
                note(outputs, batch, None if passed is None else seen.pop())
    finally:  # also when memory runs out: the model is used again to find what would have fitted
        if hook is not None:
            hook.remove()
        model.train()
    return {**task.compute(totals.read()), **_finite(chosen)}


def measured(task: Task, means: dict[str, float], passed: Sequence[tuple[Any, Tensor]],
             chosen: Mapping[str, RunMetric]) -> dict[str, float]:
    """As `measure`, of rows that were passed before: `means` of the task's sums, the loss's outputs and the targets."""
    for metric in chosen.values():
        metric.reset()
        for outputs, y in passed:
            metric.update(*task.scored(outputs, Batch(y, y, len(y))))  # of a batch its targets alone are scored
    return {**task.compute(means), **_finite(chosen)}


def _finite(chosen: Mapping[str, RunMetric]) -> dict[str, float]:
    values = {name: float(metric.compute()) for name, metric in chosen.items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}
