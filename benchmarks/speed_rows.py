"""What `benchmarks/speed.py` measures, in its order: functions that each give some rows of the table."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.speed_singles import boston, busy_cores, dense, others, starts
from benchmarks.speed_sizes import Found, Sizes
from benchmarks.speed_sweeps import boston_sweep, chapter, medium_sweep, small_sweep

MEASUREMENTS: dict[str, Callable[[Sizes], list[Found]]] = {
    "boston-sweep": boston_sweep, "small-sweep": small_sweep, "medium-sweep": medium_sweep, "chapter": chapter,
    "dense": dense, "boston": boston, "others": others, "busy": busy_cores, "start": starts,
}
