"""``launcher=submitit``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dlrun.registry import register
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots


@register("launcher", "submitit")
@dataclass(frozen=True)
class Submitit:
    """Jobs of Slurm's; processes on this machine where Slurm is not."""

    package: ClassVar[str] = "submitit"
    queues_all: ClassVar[bool] = True  # where Slurm is
    arguments: ClassVar[str] = "parameters of submitit's executor, as slurm_partition or timeout_min; cluster"
    harmless: ClassVar[tuple[str, ...]] = (
        "cluster", "timeout_min", "mem_gb", "nodes", "gpus_per_node", "cpus_per_task", "tasks_per_node",
        "stderr_to_stdout", "slurm_partition", "slurm_time", "slurm_mem", "slurm_mem_per_cpu", "slurm_mem_per_gpu",
        "slurm_account", "slurm_qos", "slurm_constraint", "slurm_exclude", "slurm_nodelist", "slurm_exclusive",
        "slurm_gpus_per_node", "slurm_cpus_per_task", "slurm_array_parallelism", "slurm_use_srun", "slurm_comment")

    def build(self, options: Execution, slots: Slots, logs: Path) -> Launcher:
        """An executor of submitit's; raises ImportError."""
        from dlrun.sweep.execute.launchers.submitit_module import SubmititLauncher

        return SubmititLauncher(options, slots, logs)
