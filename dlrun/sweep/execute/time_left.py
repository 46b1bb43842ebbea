"""How long the rest of a sweep will take, from what its jobs took so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_NOTHING = 1e-6  # of a job: less than this was not made


@dataclass(frozen=True)
class Portion:
    """What is done of a job: `spent` seconds in this start made the share `made` of it, the share `rest` is to come.

    Jobs with an equal `shape` take equally long; `steps` are those of a whole run, 0 where they are not known.
    """

    shape: Any
    steps: int
    spent: float
    made: float
    rest: float


def seconds_left(jobs: Iterable[Portion], elapsed: float, unknown: int = 0) -> float | None:
    """Seconds until all jobs are done, if as many run side by side as in the `elapsed` ones; None before any is made.

    Each shape's time is that of its own jobs; of a shape that has not begun, it follows from its steps and those of
    the others, else it is their mean.  `unknown` jobs are not planned yet and take the mean.
    """
    jobs = list(jobs)
    begun: dict[Any, _Sum] = {}
    for job in jobs:
        begun.setdefault(job.shape, _Sum()).add(job)
    whole = _Sum()
    for job in jobs:
        if begun[job.shape].made > _NOTHING:
            whole.add(job)
    spent = sum(job.spent for job in jobs)
    if whole.made <= _NOTHING or not spent:
        return None
    rest = unknown * whole.seconds()
    for job in jobs:
        known = begun[job.shape]
        rest += job.rest * (known.seconds() if known.made > _NOTHING else whole.seconds(job.steps))
    return rest * elapsed / spent


class _Sum:
    """Jobs, of which some time was spent."""

    def __init__(self) -> None:
        self.spent, self.made, self.steps, self.counted = 0.0, 0.0, 0.0, True

    def add(self, job: Portion) -> None:
        self.spent += job.spent
        self.made += job.made
        self.steps += job.made * job.steps
        self.counted &= job.steps > 0

    def seconds(self, steps: int = 0) -> float:
        """Of a whole job like these, with so many steps where they are known."""
        return self.spent / self.steps * steps if steps and self.counted else self.spent / self.made
