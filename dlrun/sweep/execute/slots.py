"""Which cores and GPUs a sweep's jobs get.  No torch: a GPU is counted without being started.

On the CPU the cores are the slots: a job takes as many as it has threads, and jobs run side by side while cores are
left; how many threads a net gets is the rule of `preflight.threads`.  On GPUs a slot is a share of a GPU: worker k
works on GPU k modulo their number, and the cores are divided among the workers for what runs on the host.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import ConfigError
from dlrun.preflight.preflight import stored
from dlrun.preflight.threads import TOGETHER, auto_threads
from dlrun.record.cores import cores
from dlrun.record.gpu_memory import asked
from dlrun.record.plan import Job
from dlrun.sweep.execute.options import Execution


@dataclass(frozen=True)
class Slots:
    """`cores` are shared by the threads of all jobs; `gpus` are names for CUDA_VISIBLE_DEVICES.

    `workers` is how many jobs run at a time; 0: as many as find cores.
    """

    cores: int
    workers: int
    gpus: tuple[str, ...] = ()

    def gpu(self, worker: int) -> str | None:
        """The GPU of a worker, numbered from 0."""
        return self.gpus[worker % len(self.gpus)] if self.gpus else None

    def threads(self, chosen: int | str, rule: Callable[[int], int], begun: int | None = None) -> int:
        """Threads of a job: those of its first start, else those that were chosen, else ("auto") the rule's.

        The rule is given how many there are for one job.
        """
        if begun is not None:
            return begun
        return rule(max(1, self.cores // self.workers) if self.workers else self.cores) \
            if chosen == "auto" else int(chosen)


def find_slots(options: Execution, jobs: Sequence[Job], machine_cores: int | None = None,
               gpus: Sequence[str] | None = None) -> Slots:
    """The slots of this machine for these jobs; cores and GPUs are counted where they are not given."""
    count = cores() if machine_cores is None else machine_cores
    devices = {str(job.config.get("device", "auto")) for job in jobs}
    found = tuple(visible_gpus() if gpus is None else gpus) if devices & {"auto", "cuda"} else ()
    if found:
        workers = len(found) * options.per_gpu if options.workers == "auto" else int(options.workers)
        return Slots(count, workers, found)
    return Slots(count, 0 if options.workers == "auto" else int(options.workers))


class ThreadRule:
    """The threads of each job, for `Slots`; the rule is asked once for nets of the same size."""

    def __init__(self, slots: Slots):
        self.slots = slots
        self._known: dict[str, int] = {}

    def of(self, job: Job, begun: int | None) -> int:
        """`begun` are those of its first start."""
        return self.slots.threads(job.config.get("threads", "auto"), lambda most: self._rule(job.config, most), begun)

    def _rule(self, config: dict[str, Any], most: int) -> int:
        parts = [config.get(key) for key in ("dataset", "model", "task", "batch_size", "train_size", "validation")]
        key = repr([parts, most])
        if key not in self._known:
            try:
                self._known[key] = auto_threads(stored(config), TOGETHER, most)
            except ConfigError:  # the data has gone since the job was planned: its worker will say so
                self._known[key] = 1
        return self._known[key]


def visible_gpus() -> list[str]:
    """The NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them; [] where there are none."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip() not in ("", "-1", "NoDevFiles")]
    return asked("index")
