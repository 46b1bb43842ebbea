"""What a search draws from: the axes of a command, each a number of an interval or one of some choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.config.problem import Problem
from dlrun.config.schema.quoting import show
from dlrun.registry import find
from dlrun.sweep.plan.grid import JobSpec, varying
from dlrun.sweep.request.axes import Axis, Choice, choice_of, key_of, merged
from dlrun.sweep.request.request import Request
from dlrun.sweep.request.seeds import SEED
from dlrun.sweep.request.to_override import to_override


@dataclass(frozen=True)
class Space:
    """`axes` are all axes in their order but the seeds; `shown` are the keys that a job's values are of."""

    axes: list[Axis]
    seeds: list[int]
    shown: list[str]

    @property
    def drawn(self) -> dict[str, Axis]:
        """The axes that vary, each under the name that Optuna knows it by."""
        return {"row" if axis.rows else ",".join(axis.keys): axis for axis in self.axes if axis.varies}

    def describe(self) -> dict[str, Any]:
        """The space in plain JSON: two searches with the same are one."""
        return {name: str(axis.interval) if axis.interval else labels(axis) for name, axis in self.drawn.items()}

    def specs(self, params: Mapping[str, Any]) -> list[JobSpec]:
        """The jobs of a trial, one a seed, from the values that were drawn."""
        names = {id(axis): name for name, axis in self.drawn.items()}
        choices = [_choice(axis, params[names[id(axis)]]) if id(axis) in names else axis.choices[0]
                   for axis in self.axes]
        return [self._spec(choices, seed) for seed in self._seeds]

    def probes(self) -> list[JobSpec]:
        """Jobs that are checked before the first: each choice and each end once, all else at its first one."""
        first = [axis.choices[0] for axis in self.axes]
        jobs = [first]
        for place, axis in enumerate(self.axes):
            jobs += [[*first[:place], choice, *first[place + 1:]] for choice in axis.choices[1:]]
        return [self._spec(job, self._seeds[0]) for job in jobs]

    @property
    def _seeds(self) -> list[int | None]:
        return [*self.seeds] or [None]

    def _spec(self, choices: Sequence[Choice], seed: int | None) -> JobSpec:
        seeds = [] if seed is None else [Choice((f"{SEED}={seed}",), {SEED: seed})]
        job = merged([*choices, *seeds])
        found = job.sets.get(SEED)
        return JobSpec(job.overrides, {key: job.sets[key] for key in self.shown if key in job.sets}, job.row,
                     found if isinstance(found, int) else None)


def space_of(request: Request) -> tuple[Space, list[Problem]]:
    """The space of a search's command, and what a search does not support."""
    problems = [Problem(skip.given, "a search skips nothing; expected only values that it may draw")
                for skip in request.skips]
    axes = [axis for axis in request.axes if axis.given != "seeds"]
    seeds = [choice.sets[SEED] for axis in request.axes if axis.given == "seeds" for choice in axis.choices]
    if not request.problems and not any(axis.varies for axis in axes):
        problems.append(Problem(f"search={request.settings.search}", "nothing varies; expected an override as  "
                                                                     "optimizer.lr='tag(log, interval(1e-4,1e-1))'"))
    launcher = request.settings.launcher
    if request.settings.workers == "auto" and find("launcher", launcher).queues_all:
        problems.append(Problem(f"launcher={launcher}", "expected how many jobs of the search run at a time, as in "
                                                        "workers=4: later trials learn from earlier ones"))
    return Space(axes, seeds, list(varying(axes))), problems


def labels(axis: Axis) -> list[str]:
    """The choices of an axis as texts, each once."""
    return list(dict.fromkeys(map(_label, axis.choices)))


def _label(choice: Choice) -> str:
    if choice.row is not None:
        return choice.row
    values = list(choice.sets.items())
    return show(values[0][1]) if len(values) == 1 else " ".join(f"{key}={show(value)}" for key, value in values)


def _choice(axis: Axis, drawn: Any) -> Choice:
    if axis.interval is None:
        return next(choice for choice in axis.choices if _label(choice) == drawn)
    override = to_override(key_of(axis.choices[0].overrides[0]), axis.interval.number(drawn))
    plus = "+" if axis.choices[0].overrides[0].startswith("+") else ""
    return choice_of([plus + override])
