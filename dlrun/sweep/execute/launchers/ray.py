"""``launcher=ray``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.registry import register
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


@register("launcher", "ray")
@dataclass(frozen=True)
class Ray:
    """Tasks of Ray's, on this machine or on the cluster that RAY_ADDRESS names."""

    package: ClassVar[str] = "ray"
    queues_all: ClassVar[bool] = False
    arguments: ClassVar[str] = "arguments of ray.init, as address"
    harmless: ClassVar[tuple[str, ...]] = ("num_cpus", "num_gpus", "object_store_memory", "include_dashboard")

    def build(self, options: Execution, slots: Slots, logs: Path) -> Launcher:
        """Ray, started or connected to; raises ImportError."""
        from dlrun.sweep.execute.launchers.ray_module import RayLauncher

        return RayLauncher(options, slots, logs)
