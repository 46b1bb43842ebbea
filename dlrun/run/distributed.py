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
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from dlrun.config.problem import ConfigError, Problem
from dlrun.config.schema.folds import folds_of
from dlrun.config.schema.root import Config
from dlrun.engine.process_group import NotBegun, ProcessGroup
from dlrun.engine.signals import Signals
from dlrun.preflight.checked import Checked
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.run.session import train_once

PATIENCE = timedelta(hours=2)  # the others wait so long while the leader measures and draws


@contextmanager
def distributed(config: Config) -> Iterator[ProcessGroup]:
    """Join the other processes: NCCL where each has a CUDA device, else gloo.  ConfigError for what it cannot do."""
    wrong = list(unsupported(config))
    if wrong:
        raise ConfigError(wrong)  # every process finds the same; the first one says it
    cuda = config.device != "cpu" and torch.cuda.is_available()
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    dist.init_process_group("nccl" if cuda else "gloo", timeout=PATIENCE)
    try:
        yield ProcessGroup()
    finally:
        dist.destroy_process_group()


def follow(checked: Checked, run_id: str, processes: ProcessGroup) -> int:
    """Train beside the leader; the exit code."""
    with tempfile.TemporaryDirectory(prefix="dlrun-") as place, Signals() as signals:
        try:
            train_once(checked, run_id, RunFolder(Path(place)), signals, Recorder(), None, processes)
        except NotBegun as end:
            return int(end.args[0])
        except ConfigError:
            return 2  # the leader says them
        return signals.exit_code


def unsupported(config: Config) -> Iterator[Problem]:
    """What several processes would not do as one does."""
    alone = "several processes train one run; this needs a single one"
    if folds_of(config) is not None:
        yield Problem("validation.kind=kfold", f"{alone}: a sweep's workers train side by side instead")
    if config.fork is not None:
        yield Problem(f"fork={config.fork}", alone)
    if config.optimizer.accumulate > 1:
        yield Problem(f"optimizer.accumulate={config.optimizer.accumulate}", f"{alone}; more processes accumulate too")
    if config.optimizer.needs_closure:
        yield Problem(f"optimizer={config.optimizer.kind}", alone)
    if config.precision == "fp16":
        yield Problem("precision=fp16", f"{alone}; bf16 does not")
    if config.model.stateful_key():
        yield Problem(f"{config.model.stateful_key()}=true", f"{alone}: row i of a batch continues row i of the last")
    if config.callbacks:
        yield Problem(f"callbacks={','.join(config.callbacks)}", f"{alone}: callbacks would run in the leader only")
    if config.max_seconds is not None:
        yield Problem(f"max_seconds={config.max_seconds:g}", f"{alone}; max_steps does not")
    for problem in config.task.process_clashes():
        yield Problem(problem.given, f"{alone}: {problem.expected}")
