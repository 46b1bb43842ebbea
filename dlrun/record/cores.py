"""The cores that this process may use."""

from __future__ import annotations

import os
from functools import cache


@cache
def allowed() -> frozenset[int]:
    """The numbers of the cores that this process might use when it was first asked; empty where no system says.

    While a run's threads are gathered on some of them (`dlrun.engine.gathered`) these are still all: how many threads
    the next run has must not depend on it.
    """
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def cores() -> int:
    """How many there are."""
    return len(allowed()) or os.cpu_count() or 1
