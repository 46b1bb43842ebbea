"""Jobs as Slurm's, by submitit: where Slurm is, all are queued at once; elsewhere they run here as processes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import submitit

from dlrun.sweep.execute.engines import Lost
from dlrun.sweep.execute.job import Message, work
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


class Work:
    """One job.  When Slurm takes its node away, submitit queues it again, and it goes on from its checkpoint."""

    def __call__(self, task: Message) -> Message:
        return work(task)

    def checkpoint(self, task: Message) -> Any:
        return submitit.helpers.DelayedSubmission(self, task)


class Submitit:
    """`launcher_args` are those of submitit's `update_parameters`, as slurm_partition or timeout_min."""

    def __init__(self, options: Execution, slots: Slots, logs: Path):
        given = dict(options.launcher_args or {})
        self._executor = submitit.AutoExecutor(logs / "submitit", cluster=given.pop("cluster", None))
        self._given = given
        queued = self._executor.cluster == "slurm" and options.workers == "auto"
        self.slots = dataclasses.replace(slots, workers=1 << 30) if queued else slots  # Slurm has the cores, not we
        self._gpus = bool(slots.gpus)

    def submit(self, task: Message) -> Any:
        asked: dict[str, Any] = {"name": f"dlrun-{task['id']}", "cpus_per_task": task["threads"], **self._given}
        if self._gpus:
            asked.setdefault("gpus_per_node", 1)
        self._executor.update_parameters(**asked)
        return self._executor.submit(Work(), task)

    def answer(self, handle: Any) -> Message | None:
        if not handle.done():
            return None
        try:
            found: Message = handle.result()
        except (submitit.core.utils.UncompletedJobError, submitit.core.utils.FailedJobError) as error:
            raise Lost(f"{handle.state.lower()}: {str(error).strip().splitlines()[0]}") from None
        return found

    def cancel(self, handle: Any) -> None:
        handle.cancel()

    def close(self) -> None:
        """Its processes end by themselves."""
