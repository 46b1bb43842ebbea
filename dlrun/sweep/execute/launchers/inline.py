"""``launcher=inline``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.config.problem import problem
from dlrun.registry import register
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


@register("launcher", "inline")
@dataclass(frozen=True)
class Inline:
    """No other process: one job after another in the one that plans; for debuggers, and for what only it has.

    A job is not ended from outside: with a `timeout`, or more than one worker, it is refused.
    """

    package: ClassVar[str] = ""
    queues_all: ClassVar[bool] = False
    arguments: ClassVar[str] = ""
    packs: ClassVar[bool] = True

    def build(self, options: Execution, slots: Slots, logs: Path) -> Launcher:
        """The launcher; raises ConfigError for options that need another process."""
        from dlrun.sweep.execute.launchers.inline_module import InlineLauncher

        if options.timeout is not None:
            raise problem(f"timeout={options.timeout:g}", "launcher=inline cannot end the job of its own process")
        if options.workers not in ("auto", 1):
            raise problem(f"workers={options.workers}", "launcher=inline runs one job at a time; expected auto or 1")
        return InlineLauncher(slots)
