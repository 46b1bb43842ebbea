"""Data parallel training: several processes that take one step together, each on its share of the batch's rows.

Every process holds the whole model, draws the whole batch and all masks, and keeps its own rows of both; losses count
by their rows, gradients are summed, batch norm sees the rows of all.  One process with the same batch therefore takes
the same steps, up to the order of sums (tests/whole/test_parallel.py states the tolerance).

What a process does on its own clock (saving when it is due) or by a signal is agreed on: two numbers travel with the
gradients, so that all leave the loop after the same step.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from dlrun.engine.player import PlayerState
from dlrun.engine.signals import Signals
from dlrun.models.batch_statistics import BatchStatistics
from dlrun.models.step_rng import Share, StepRng
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch

AGREE = 20  # steps between two looks at what was agreed, where a look waits for the device


class DataParallel:
    """This process's share of each step, among `size` processes.  Made after the process group."""

    def __init__(self, model: nn.Module, rng: StepRng, totals: MetricAccumulator, signals: Signals):
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.leader = self.rank == 0
        self.rng, self.totals, self.signals = rng, totals, signals
        self.weight, self.counts = 1.0, True
        self.due = False  # the leader's wish to save, as it goes into the next step
        self._agreed: Tensor | None = None
        self._mixing = [module for module in model.modules() if isinstance(module, BatchStatistics)]

    def own_rows(self, batch: Batch) -> Batch:
        """This process's rows of a batch; the random streams and what mixes rows learn which they are.

        A batch with fewer rows than processes is taken by all of them, each with an equal share of its gradient.
        """
        split = batch.rows >= self.size
        first, last = (batch.rows * (self.rank + place) // self.size for place in (0, 1))
        self.rng.share = Share(first, last, batch.rows) if split else None
        for module in self._mixing:
            module.summed = sum_over_processes if split else None
        self.counts = split or self.leader
        self.weight = (last - first) / batch.rows if split else 1 / self.size
        return Batch(batch.x[first:last], batch.y[first:last], last - first) if split else batch

    def whole_batch(self) -> None:
        """Back to whole batches, for measurements and pictures."""
        self.rng.share = None
        for module in self._mixing:
            module.summed = None

    def sum_gradients(self, players: Iterable[PlayerState]) -> None:
        """Sum the gradients of the players over all processes; wishes to stop or to save travel along."""
        weights = [weight for player in players for weight in player.weights if weight.requires_grad]
        wishes = weights[0].new_tensor([float(self.signals.received is not None), float(self.leader and self.due)])
        flat = torch.cat([*(torch.zeros_like(w).flatten() if w.grad is None else w.grad.flatten() for w in weights),
                          wishes])
        dist.all_reduce(flat)
        place = 0
        for weight in weights:
            if weight.grad is None:
                weight.grad = torch.empty_like(weight)
            # Copied: a fused optimizer needs gradients laid out in memory as their weights are (channels last).
            weight.grad.copy_(flat[place:place + weight.numel()].view(weight.shape))
            place += weight.numel()
        self._agreed = flat[place:]

    def agreed(self, step: int) -> tuple[bool, bool]:
        """Whether any process was asked to stop, and whether the leader wants to save, as of the last update."""
        if self._agreed is None or (self._agreed.is_cuda and step % AGREE):
            return False, False
        stop, save = self._agreed.tolist()
        return stop > 0, save > 0

    def gather(self, values: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        dist.all_reduce(values)
        return values


class SumOverProcesses(torch.autograd.Function):
    """The sum over all processes; a gradient of it is one of each of its terms."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        values = values.clone()
        dist.all_reduce(values)
        return values

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.clone()
        dist.all_reduce(gradient)
        return gradient


def broadcast(value: Any) -> Any:
    """The leader's value, in every process."""
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def sum_over_processes(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes; gradients flow through it."""
    total: Tensor = SumOverProcesses.apply(values)
    return total
