"""``launcher=local``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.registry import register
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


@register("launcher", "local")
@dataclass(frozen=True)
class Local:
    """Worker processes on this machine, which load torch once for all their jobs."""

    package: ClassVar[str] = ""
    queues_all: ClassVar[bool] = False
    arguments: ClassVar[str] = ""
    packs: ClassVar[bool] = True

    def build(self, options: Execution, slots: Slots, logs: Path) -> Launcher:
        """The workers; they are started as jobs come."""
        from dlrun.sweep.execute.launchers.local_module import LocalLauncher

        return LocalLauncher(slots, logs)
