"""The jobs of a sweep as overrides: every combination of the axes' choices, the last axis varying fastest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dlrun.config.problem import Problem
from dlrun.config.schema.quoting import show
from dlrun.sweep.request.axes import MAX_JOBS, Axis, Choice, merged
from dlrun.sweep.request.request import Request
from dlrun.sweep.request.seeds import SEED
from dlrun.sweep.request.skip import unused


@dataclass(frozen=True)
class JobSpec:
    """A job before it is composed: its overrides, what varies in it (the seed apart), and the name of its row."""

    overrides: tuple[str, ...]
    values: dict[str, Any]
    row: str | None
    seed: int | None

    def __str__(self) -> str:
        parts = [f"{key}={show(value)}" for key, value in self.values.items()]
        parts += [f"seed={self.seed}"] if self.seed is not None else []
        return " ".join([*([self.row] if self.row else []), *parts])


def cross(request: Request) -> tuple[list[JobSpec], list[Problem]]:
    """All jobs but those that are left out, in their order."""
    count = prod(len(axis.choices) for axis in request.axes)
    if count > MAX_JOBS:
        return [], [Problem("the grid", f"it has {count:,} jobs; {MAX_JOBS:,} is the most")]
    jobs = [merged(job) for job in itertools.product(*(axis.choices for axis in request.axes))]
    left = [job for job in jobs if not any(skip.matches(job) for skip in request.skips)]
    problems = unused(request.skips, jobs)
    if jobs and not left:
        problems.append(Problem(request.skips[0].given, "no job is left"))
    shown = varying(request.axes)
    return [_spec(job, shown) for job in left], problems


def varying(axes: Sequence[Axis]) -> dict[str, list[Any]]:
    """The keys that vary, in order, each with its values as typed; rows and seeds have places of their own."""
    found: dict[str, list[Any]] = {}
    for axis in axes:
        if not axis.varies or axis.rows:
            continue
        for key in axis.keys:
            values = [choice.sets[key] for choice in axis.choices if key in choice.sets]
            if key != SEED:
                found[key] = [value for place, value in enumerate(values) if value not in values[:place]]
    return found


def pairs(axes: Sequence[Axis]) -> list[list[str]]:
    """The keys that vary together, for each axis of several."""
    return [axis.keys for axis in axes if axis.varies and not axis.rows and len(axis.keys) > 1]


def _spec(job: Choice, shown: dict[str, list[Any]]) -> JobSpec:
    seed = job.sets.get(SEED)
    return JobSpec(job.overrides, {key: job.sets[key] for key in shown}, job.row,
                   seed if isinstance(seed, int) else None)
