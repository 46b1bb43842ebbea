"""Jobs as Slurm's, by submitit: where Slurm is, all are queued at once; elsewhere they run here as processes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import submitit

from dlrun.sweep.execute.by_files import run_by_files
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.polled import Lost, PolledLauncher
from dlrun.sweep.execute.slots import Slots


class RequeuedJob:
    """One job.  When Slurm takes its node away, submitit queues it again, and it resumes from its checkpoint."""

    def __call__(self, message: Message) -> Message:
        return run_by_files(message)

    def checkpoint(self, message: Message) -> Any:
        """What submitit queues in place of a job that is taken off its node."""
        return submitit.helpers.DelayedSubmission(self, message)


class SubmititLauncher(PolledLauncher):
    """`launcher_args` are those of submitit's `update_parameters`, as slurm_partition or timeout_min."""

    def __init__(self, options: Execution, slots: Slots, logs: Path):
        arguments = dict(options.launcher_args or {})
        self._executor = submitit.AutoExecutor(logs / "submitit", cluster=arguments.pop("cluster", None))
        self._arguments = arguments
        self._slurm = self._executor.cluster == "slurm"
        if self._slurm and options.workers == "auto":
            slots = dataclasses.replace(slots, workers=1 << 30)  # Slurm has the cores, not we
        super().__init__(slots, logs)

    def begin(self, message: Message) -> Any:
        parameters: dict[str, Any] = {"name": f"dlrun-{message['id']}", "cpus_per_task": message["threads"],
                                      **self._arguments}
        if self.slots.gpus:
            parameters.setdefault("gpus_per_node", 1)
        self._executor.update_parameters(**parameters)
        return self._executor.submit(RequeuedJob(), message)

    def answer(self, handle: Any) -> Message | None:
        if not handle.done():
            return None
        try:
            found: Message = handle.result()
        except (submitit.core.utils.UncompletedJobError, submitit.core.utils.FailedJobError) as error:
            raise Lost(f"{handle.state.lower()}: {str(error).strip().splitlines()[0]}") from None
        return found

    def end(self, handle: Any) -> None:
        handle.cancel()

    def withdraw(self, handle: Any) -> bool:
        if not (self._slurm and handle.state == "PENDING"):
            return False
        handle.cancel()
        return True

    def shut_down(self) -> None:
        """Its processes end by themselves."""
