"""``launcher=joblib``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.registry import register
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


@register("launcher", "joblib")
@dataclass(frozen=True)
class Joblib:
    """Processes of joblib's (loky) on this machine."""

    package: ClassVar[str] = "joblib"
    queues_all: ClassVar[bool] = False
    arguments: ClassVar[str] = ""

    def build(self, options: Execution, slots: Slots, logs: Path) -> Launcher:
        """A pool of processes; raises ImportError."""
        from dlrun.sweep.execute.launchers.joblib_module import JoblibLauncher

        return JoblibLauncher(slots, logs)
