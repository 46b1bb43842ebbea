"""Several processes that train one run together: one leads and records, the others follow its steps."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch.distributed as dist
from torch import nn

from dlrun.engine.agreement import AgreedCheckpoints, AgreedSignals
from dlrun.engine.data_parallel import DataParallel, broadcast
from dlrun.engine.fit import Fit
from dlrun.engine.processes import Found, Processes
from dlrun.models.step_rng import StepRng


class NotBegun(Exception):
    """The leader does not begin to train; the argument is its exit code."""


class ProcessGroup(Processes):
    """This process among those of torch's process group, which has to be there before."""

    compiles = False

    def __init__(self) -> None:
        self.leader, self.size = dist.get_rank() == 0, dist.get_world_size()
        self.local = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        self.begun = False

    def agree(self, find: Callable[[], Found]) -> Found:
        """What the leader has found, who alone looks; raises NotBegun where it does not begin."""
        own = find() if self.leader else None
        self.begun = True
        found: Found | int = broadcast(own)
        if isinstance(found, int):
            raise NotBegun(found)
        return found

    def dismiss(self, code: int) -> None:
        """Send the others home with an exit code, where the leader has not begun."""
        if self.leader and not self.begun:
            broadcast(code)

    def with_world_size(self, text: str) -> str:
        return f"{text}, {self.size} processes"

    def join(self, training: Fit, model: nn.Module, rng: StepRng) -> None:
        shares = DataParallel(model, rng, training.totals, training.signals)
        measure = training.evaluate

        def evaluate(epoch: int) -> dict[str, float]:
            shares.whole_batch()
            row: dict[str, float] = broadcast(measure(epoch) if self.leader else None)
            return row

        training.step.shares, training.evaluate = shares, evaluate
        training.signals = AgreedSignals(training.signals, shares, lambda: training.clock.step)
        training.checkpoints = AgreedCheckpoints(  # type: ignore[assignment]
            training.checkpoints, shares, lambda: training.clock.step)
        if not self.leader:
            training.extras = ()
            training.totals.forget()  # a checkpoint's sums are those of all, and the leader has them
