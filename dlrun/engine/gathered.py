"""Threads of a run that wait for one another, gathered two to a core while other programs want all cores.

Threads with a core each share it with another program: at every barrier all wait for the one whose core is just taken.
Two to a core, which the system then frees of the other programs as far as it balances them, they take turns with one
another alone; their share of the machine is the same.  No bit depends on where a thread runs.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import torch

from dlrun.record.cores import allowed

IDLE = 0.5  # of the time of the cores that were left, the part from which they are free again

CoreTimes = Mapping[int, tuple[int, int]]
_full: frozenset[int] | None = None  # while threads of this process are gathered: the cores that it may use


class Gathered:
    """From `begin` to `end` all threads of this process run two to a core; `free` sees when they may part."""

    def __init__(self, read: Callable[[], CoreTimes] | None = None) -> None:
        self._read = read or core_times
        self._left: frozenset[int] = frozenset()
        self._times: CoreTimes = {}

    def begin(self) -> bool:
        """False where all stays as it is.

        That is where there are too few cores, the system does not say which are idle or refuses, and where somebody
        else has said on which cores a thread runs (OMP_PROC_BIND, taskset within the process).
        """
        global _full
        every = allowed()
        self._times = self._read()
        if len(every) < 2 or not every <= self._times.keys() or _full is not None or not _all_on(every):
            return False
        few = _most_used(every, (torch.get_num_threads() + 1) // 2)
        if few == every:
            return False
        try:
            _move(few)
        except PermissionError:
            return False
        _full, self._left = every, every - few
        return True

    def free(self) -> bool:
        """Whether the cores that were left have been idle for half of the time since this was asked last."""
        before, self._times = self._times, self._read()
        gone = [(self._times[core][0] - before[core][0], self._times[core][1] - before[core][1])
                for core in self._left & before.keys() & self._times.keys()]
        busy, idle = sum(busy for busy, _ in gone), sum(idle for _, idle in gone)
        return idle > IDLE * (busy + idle)

    def end(self) -> None:
        """As it was before `begin`."""
        global _full
        if self._left:
            self._left, _full = frozenset(), None
            _move(allowed())


def core_times() -> CoreTimes:
    """Of each core the time that it has worked and that it has been idle, in ticks; empty where it isn't known."""
    found = {}
    try:
        with open("/proc/stat") as file:
            for line in file:
                name, *fields = line.split()
                if name.startswith("cpu") and name != "cpu":
                    user, nice, system, idle, waiting, *others = map(int, fields[:8])
                    found[int(name[3:])] = user + nice + system + sum(others), idle + waiting
    except (OSError, ValueError):
        return {}
    return found


def _most_used(every: frozenset[int], count: int) -> frozenset[int]:
    """Those of the cores on which most of this process's threads are, which the system has chosen for them.

    Where two programs gather at once, the system moves the threads of the second one away from the first one's cores.
    """
    here, chance = Counter(_last_cores()), random.SystemRandom()  # not the generator that a user's code may draw from
    order = sorted(every, key=lambda core: (-here[core], chance.random()))
    return frozenset(order[:count])


def _last_cores() -> Iterable[int]:
    for thread in _threads():
        try:
            with open(f"/proc/self/task/{thread}/stat") as file:
                yield int(file.read().rpartition(")")[2].split()[36])
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue


def _threads() -> list[int]:
    return [int(thread) for thread in os.listdir("/proc/self/task")]


def _all_on(cores: frozenset[int]) -> bool:
    for thread in _threads():
        try:
            if os.sched_getaffinity(thread) != cores:
                return False
        except ProcessLookupError:
            continue
    return True


def _move(cores: frozenset[int]) -> None:
    for thread in _threads():
        try:
            os.sched_setaffinity(thread, cores)
        except ProcessLookupError:
            continue


def _leave_child() -> None:
    """A process that is forked meanwhile, to read pictures, has all cores."""
    if _full is not None:
        os.sched_setaffinity(0, _full)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_child)
