"""Sees that other work keeps the cores busy, and lets the run's threads wait for one another in another way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dlrun.record.recorder import EpochProgress, Recorder

if TYPE_CHECKING:  # both are loaded where the cores are busy
    from dlrun.engine.gathered import Gathered
    from dlrun.engine.short_waits import ShortWaits

WINDOW = 0.2  # seconds between two looks
BUSY, FREE = 0.25, 0.1  # of the time that threads want a core, the part that they wait for one; undisturbed it is 0.02
STILL = 0.4  # the same where short waits help little: other programs have the same right to each core
CALM, LONGEST = 4, 64  # windows that have to be free before threads spin again; the most that they become

Times = Mapping[str, tuple[int, int]]
_active: list[BusyCores] = []  # of the runs that train side by side in this process; the first one looks for all


class BusyCores(Recorder):
    """While the cores are busy threads have short waits, and go two to a core where they wait as much even so.

    `say` gets a sentence of it once.  Looks when the loop reports its progress.  `close` has to be called.
    """

    def __init__(self, say: Callable[[str], None], read: Callable[[], Times] | None = None,
                 now: Callable[[], float] = time.monotonic):
        self._say, self._read, self._now = say, read or thread_times, now
        self._looked, self._times = now(), self._read()
        self._waits: ShortWaits | None = None  # while they are short
        self._gathered: Gathered | None = None  # while threads are two to a core
        self._seen, self._possible, self._calm, self._needed = False, True, 0, CALM
        _active.append(self)

    def step(self, progress: EpochProgress) -> None:
        self._look(progress.step)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        self._look(int(row["step"]))

    def close(self) -> None:
        self._end()
        if self in _active:
            _active.remove(self)

    def _end(self) -> None:
        if self._gathered is not None:
            self._gathered.end()
            self._gathered = None
        if self._waits is not None:
            self._waits.end()
            self._waits = None

    def _look(self, step: int) -> None:
        if _active[0] is not self or self._now() - self._looked < WINDOW:
            return
        before, self._times, self._looked = self._times, self._read(), self._now()
        share = waiting_share(before, self._times)
        # Threads that are gathered wait for each other's turns, so that the cores that they left decide.
        free = share < FREE if self._gathered is None else self._gathered.free()
        self._calm = self._calm + 1 if free else 0
        if share > BUSY and self._waits is None and self._possible:
            self._shorten(step)
        elif share > STILL and self._waits is not None and self._gathered is None:
            self._gather()
        elif self._calm >= self._needed and self._waits is not None:
            self._end()
            self._needed = min(LONGEST, 2 * self._needed)  # cores that are busy time and again cost no more by it

    def _shorten(self, step: int) -> None:
        from dlrun.engine.short_waits import ShortWaits

        waits = ShortWaits()
        self._possible = waits.begin()
        if self._possible:
            self._waits = waits
        if not self._seen:
            self._seen = True
            self._say(f"other work keeps the cores busy (step {step:,}): "
                      + ("threads wait without spinning, which changes no result" if self._possible else
                         "threads=1 would wait for no other thread, and give other last bits"))

    def _gather(self) -> None:
        from dlrun.engine.gathered import Gathered

        gathered = Gathered()
        if gathered.begin():
            self._gathered = gathered


def thread_times() -> Times:
    """Nanoseconds that each thread of this process has run, and has waited for a core; empty where it isn't known."""
    found = {}
    try:
        for thread in os.listdir("/proc/self/task"):
            try:
                with open(f"/proc/self/task/{thread}/schedstat") as file:
                    ran, waited, _ = file.read().split()
            except (FileNotFoundError, ProcessLookupError):  # it has just ended, or the kernel does not count
                continue
            found[thread] = int(ran), int(waited)
    except OSError:
        return {}
    return found


def waiting_share(before: Times, after: Times) -> float:
    """Of the time that threads wanted a core, the part that they waited for one; 0 where that is not known."""
    gone = [(after[thread][0] - before[thread][0], after[thread][1] - before[thread][1])
            for thread in after.keys() & before.keys()]
    ran, waited = sum(ran for ran, _ in gone), sum(waited for _, waited in gone)
    return waited / (ran + waited) if ran + waited else 0.0
