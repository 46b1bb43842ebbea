"""Engines that run a sweep's jobs in processes of theirs, here or elsewhere: joblib, Ray, submitit (Slurm).

Each is given the job's stored configuration, as the local workers are; none composes anything again.  A job whose
process dies goes on in another one, from its checkpoint.  Their processes have to see the runs' folder.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from dlrun.config.problem import problem
from dlrun.sweep.execute.job import Message
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots

MODULES = {"joblib": ("joblib", "Joblib"), "ray": ("ray", "Ray"), "submitit": ("submitit", "Submitit")}


class Lost(Exception):
    """The process of a job has died; the message says how."""


class Engine(Protocol):
    """`slots` are the cores and GPUs that it has for jobs."""

    slots: Slots

    def submit(self, task: Message) -> Any:
        """Begin a job (`sweep.job.work`), or queue it; what it is asked about later."""

    def answer(self, handle: Any) -> Message | None:
        """What the job came to, None while it runs; raises Lost."""

    def cancel(self, handle: Any) -> None:
        """End a job that has had its time, or has not begun."""

    def close(self) -> None:
        """All jobs have ended."""


def engine(options: Execution, slots: Slots, logs: Path) -> Engine:
    """The engine of a launcher; raises ConfigError where its package is not installed."""
    module, name = MODULES[options.launcher]
    try:
        own = import_module(f"dlrun.sweep.execute.engines.{module}_engine")
        made: Engine = getattr(own, name)(options, slots, logs)
    except ImportError as error:
        raise problem(f"launcher={options.launcher}", f"it wants another package ({error}):  "
                                                      f"pip install 'dlrun[{options.launcher}]'") from None
    return made
