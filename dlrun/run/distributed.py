"""The processes that torchrun starts for one run: one leads and records, the others follow its steps.

``torchrun --nproc-per-node=2 -m dlrun ...`` is the same run as without torchrun, with the same id and folder:
`batch_size` is that of all processes together.  A follower goes the same way through `train_once`, in a folder that is
thrown away.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist

from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import Machine
from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.kfold import folds_of
from dlrun.config.schema.layer_lists import stateful_key
from dlrun.config.schema.root import Config
from dlrun.engine.parallel import AgreedCheckpoints, AgreedSignals, Together
from dlrun.engine.signals import Signals
from dlrun.preflight.preflight import Checked
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.resume import Start

if TYPE_CHECKING:
    from dlrun.engine.fit import Fit

PATIENCE = timedelta(hours=2)  # the others wait so long while the leader measures and draws


class Crew:
    """This process among the others; made inside `crew`."""

    def __init__(self) -> None:
        self.leader, self.size = dist.get_rank() == 0, dist.get_world_size()
        self.local = int(os.environ.get("LOCAL_WORLD_SIZE", self.size))
        self.begun = False

    def tell(self, value: Any = None) -> Any:
        """The leader's value, in every process."""
        box = [value]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def begin(self, start: Start | None) -> Start:
        """Where the run goes on: what the leader has found, who alone looks.  A run that is not begun raises `Over`."""
        self.begun = True
        found = self.tell(start)
        if isinstance(found, int):
            raise Over(found)
        assert isinstance(found, Start)
        return found

    def end(self, code: int) -> None:
        """Send the others home, where the leader has not begun."""
        if self.leader and not self.begun:
            self.tell(code)

    def told(self, machine: Machine) -> Machine:
        return replace(machine, line=f"{machine.line}, {self.size} processes")

    def join(self, training: Fit, parts: RunComponents) -> None:
        """Make the loop's objects those of all processes."""
        together = Together(parts.model, parts.rng, training.totals, training.signals)
        own = training.evaluate

        def evaluate(epoch: int) -> dict[str, float]:
            together.alone()
            row: dict[str, float] = self.tell(own(epoch) if self.leader else None)
            return row

        training.step.together, training.evaluate = together, evaluate
        training.signals = AgreedSignals(training.signals, together, lambda: training.clock.step)
        training.checkpoints = AgreedCheckpoints(training.checkpoints, together, lambda: training.clock.step)  # type: ignore[assignment]
        if not self.leader:
            training.extras = ()
            training.totals.forget()  # a checkpoint's sums are those of all, and the leader has them


class Over(Exception):
    """There is nothing to train; the argument is the exit code."""


@contextmanager
def crew(config: Config) -> Iterator[Crew]:
    """Join the other processes: NCCL where each has a CUDA device, else gloo.  ConfigError for what it cannot do."""
    wrong = list(refused(config))
    if wrong:
        raise ConfigError(wrong)  # every process finds the same; the first one says it
    cuda = config.device != "cpu" and torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    dist.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        yield Crew()
    finally:
        dist.destroy_process_group()


def follow(checked: Checked, run_id: str, own: Crew) -> int:
    """Train beside the leader; the exit code."""
    from dlrun.run.session import train_once

    with tempfile.TemporaryDirectory(prefix="dlrun-") as place, Signals() as signals:
        try:
            train_once(checked, run_id, RunFolder(Path(place)), signals, Recorder(), None, own)
        except Over as over:
            return int(over.args[0])
        except ConfigError:
            return 2  # the leader says them
        return signals.exit_code


def refused(config: Config) -> Iterator[Problem]:
    """What several processes do not do as one would."""
    alone = "several processes train one run; this wants one"
    task = config.task
    if folds_of(config) is not None:
        yield Problem("validation.kind=kfold", f"{alone}: a sweep's workers train side by side instead")
    if config.optimizer.accumulate > 1:
        yield Problem(f"optimizer.accumulate={config.optimizer.accumulate}", f"{alone}; more processes accumulate too")
    if config.optimizer.needs_closure:
        yield Problem(f"optimizer={config.optimizer.kind}", alone)
    if config.precision == "fp16":
        yield Problem("precision=fp16", f"{alone}; bf16 does not")
    if stateful_key(config.model):
        yield Problem(f"{stateful_key(config.model)}=true", f"{alone}: row i of a batch goes on in row i of the next")
    if config.max_seconds is not None:
        yield Problem(f"max_seconds={config.max_seconds:g}", f"{alone}; max_steps does not")
    if task.kind == "adversarial":
        yield Problem(f"task={task.kind}", f"{alone}: two networks look at one batch as a whole")
    if task.kind == "tag" and not task.count_padding:
        yield Problem("task=tag", f"{alone}: its loss is a mean over words, not rows; task.count_padding=true is not")
    if getattr(task, "sparsity", "") == "kl":
        yield Problem("task.sparsity=kl", f"{alone}: it is taken of the batch as a whole")
