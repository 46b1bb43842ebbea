"""What runs a sweep's jobs in processes: a launcher.  dlrun's own are the files of `launchers`.

Each is given a job's stored configuration; none composes anything again.  A job whose process dies resumes in another
one, from its checkpoint.  The processes must see the runs' folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Protocol

from dlrun.config.problem import problem
from dlrun.registry import find
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


class CannotStart(Exception):
    """Jobs cannot be started in the way that was asked for; the message says why."""


class Launcher(ABC):
    """`slots` are the cores and GPUs that it has for jobs.  Jobs are named by their ids."""

    slots: Slots

    @abstractmethod
    def ready(self, jobs: int, threads: int) -> int:
        """How many of so many jobs can be submitted now; begins what it takes to have the others ready later.

        `threads` is the largest number that one of them has.
        """

    @abstractmethod
    def submit(self, message: Message) -> None:
        """Begin a job (`job_message`), or queue it."""

    @abstractmethod
    def events(self, seconds: float) -> list[tuple[str, Message]]:
        """What has happened to which job, waiting so long for it at most; raises CannotStart."""

    @abstractmethod
    def stop(self, run_id: str) -> None:
        """Ask a job to save itself and end; its process may take others."""

    @abstractmethod
    def cancel(self, run_id: str) -> None:
        """End a job at once; it is reported as lost."""

    @abstractmethod
    def close(self) -> None:
        """No more jobs will come, and those that were submitted have ended or are stopping."""


class LauncherKind(Protocol):
    """What ``launcher=<kind>`` stands for; knows no package of others before `build`.

    One that has `packs` says whether its processes take several jobs as one program.

    `package` is what has to be installed, ``""`` for nothing; `arguments` says what ``launcher_args`` are, ``""`` where
    there are none; `harmless`, where it is there, names those that a file may give, too.  `queues_all`: with
    workers=auto all jobs are submitted at once, whatever this machine has.
    """

    kind: ClassVar[str]
    package: ClassVar[str]
    queues_all: ClassVar[bool]
    arguments: ClassVar[str]

    def build(self, options: Execution, slots: Slots, logs: Path) -> Launcher:
        """The launcher; `logs` is a folder for what its processes print.  Raises ImportError."""


def build_launcher(options: Execution, slots: Slots, logs: Path) -> Launcher:
    """The launcher that the options name; raises ConfigError where its package is not installed."""
    kind: Any = find("launcher", options.launcher)()
    try:
        launcher: Launcher = kind.build(options, slots, logs)
    except ImportError as error:
        raise problem(f"launcher={kind.kind}", f"it needs another package ({error}):  "
                                               f"pip install 'dlrun[{kind.package}]'") from None
    return launcher
