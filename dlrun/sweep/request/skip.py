"""Combinations that a sweep leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.quoting import show
from dlrun.sweep.request.axes import Choice

ROW = "row"  # as a key it means the name of the row


@dataclass(frozen=True)
class Skip:
    """A job that has, for each key, one of the values is left out."""

    values: dict[str, list[Any]]
    given: str
    typed: bool = True

    def matches(self, job: Choice) -> bool:
        """Whether a job is left out."""
        return all(any(_same(_value(job, key), value) for value in values) for key, values in self.values.items())


def unused(skips: Sequence[Skip], jobs: Sequence[Choice]) -> list[Problem]:
    """A problem for each skip that matches no job; one in a file may be idle, since what is typed replaces axes."""
    found = []
    for skip in skips:
        if any(skip.matches(job) for job in jobs):
            continue
        known = list(dict.fromkeys(key for job in jobs for key in (*job.sets, *([ROW] if job.row else []))))
        unknown = [key for key in skip.values if key not in known]
        if unknown:
            near = did_you_mean(unknown[0], known)
            found.append(Problem(skip.given, f"no override of this sweep sets {unknown[0]}{near}"))
        elif skip.typed:
            found.append(Problem(skip.given, _no_job(skip, jobs)))
    return found


def _no_job(skip: Skip, jobs: Sequence[Choice]) -> str:
    for key, values in skip.values.items():
        there = list(dict.fromkeys(show(_value(job, key)) for job in jobs))
        if not set(map(show, values)) & set(there):
            return f"it matches no job: {key} is {' or '.join(there[:8])}{did_you_mean(show(values[0]), there)}"
    return "it matches no job: none has all of these values"


def _value(job: Choice, key: str) -> Any:
    return job.row if key == ROW else job.sets.get(key)


def _same(one: Any, other: Any) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)
