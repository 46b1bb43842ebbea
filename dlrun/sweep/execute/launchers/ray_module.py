"""Jobs as Ray tasks: on this machine, or on the cluster that RAY_ADDRESS (or launcher_args.address) names."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path
from typing import Any

import ray

from dlrun.sweep.execute.by_files import run_by_files
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.polled import Lost, PolledLauncher
from dlrun.sweep.execute.slots import Slots


class RayLauncher(PolledLauncher):
    """Ray counts the cores of the machine or the cluster; the sweep decides how often a lost job is started."""

    def __init__(self, options: Execution, slots: Slots, logs: Path):
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        arguments: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error",
                                     **(options.launcher_args or {})}
        if "address" not in arguments and "RAY_ADDRESS" not in os.environ:
            arguments.setdefault("num_cpus", slots.cores)
        ray.init(**arguments)
        for number, handler in before.items():  # ray puts its own in their place
            signal.signal(number, handler)
        resources = ray.cluster_resources()
        super().__init__(dataclasses.replace(slots, cores=int(resources.get("CPU", slots.cores))), logs)
        self._gpus = 1 / options.per_gpu if resources.get("GPU") and slots.gpus else 0.0
        self._task = ray.remote(max_retries=0)(run_by_files)

    def begin(self, message: Message) -> Any:
        return self._task.options(num_cpus=message["threads"], num_gpus=self._gpus).remote(message)

    def answer(self, handle: Any) -> Message | None:
        done, _ = ray.wait([handle], timeout=0)
        if not done:
            return None
        try:
            found: Message = ray.get(handle)
        except (ray.exceptions.WorkerCrashedError, ray.exceptions.TaskCancelledError,
                ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError) as error:
            raise Lost(f"{type(error).__name__}: {str(error).strip().splitlines()[0]}") from None
        return found

    def end(self, handle: Any) -> None:
        ray.cancel(handle, force=True)

    def shut_down(self) -> None:
        ray.shutdown()
