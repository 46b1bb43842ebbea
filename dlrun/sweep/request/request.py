"""What a command asks for: what is typed and the experiment's file together.  What is typed goes above the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from dlrun.config.compose.composer import Composer
from dlrun.config.compose.composition import Composition
from dlrun.config.compose.origins import Origins
from dlrun.config.compose.overrides import read_overrides
from dlrun.config.problem import Problem
from dlrun.config.schema.sweeps import GRID, Sweep, of_a_sweep
from dlrun.sweep.request.axes import ONLY_IN_A_SEARCH, Axis, key_of
from dlrun.sweep.request.cli_overrides import CliOverrides, read_cli_overrides
from dlrun.sweep.request.launcher_args import launcher_problems
from dlrun.sweep.request.layers import EXPERIMENT, layered
from dlrun.sweep.request.seeds import chosen_seeds
from dlrun.sweep.request.skip import Skip
from dlrun.sweep.request.sweep_config import SweepConfig, read_sweep_config


@dataclass(frozen=True)
class Request:
    """A sweep before it is composed: axes in their order (the seeds last), what is left out, and its settings.

    `experiment` is the one whose file makes this a sweep.
    """

    axes: list[Axis]
    skips: list[Skip]
    settings: Sweep
    experiment: str | None
    problems: list[Problem]

    @property
    def options(self) -> dict[str, Any]:
        """Its settings as a plan stores them: all but those that define which jobs there are."""
        return {field.name: getattr(self.settings, field.name) for field in fields(self.settings)
                if field.name not in GRID}


def is_sweep(overrides: Sequence[str], composer: Composer) -> bool:
    """Whether a file that the overrides choose (an experiment's) defines a sweep."""
    return _defines_sweep(_of_files(overrides, composer))


def read_request(overrides: Sequence[str], composer: Composer) -> Request:
    """Read a sweep's command, with everything that is wrong with its overrides."""
    files = _of_files(overrides, composer)
    config = SweepConfig()
    if files is not None:
        typed_search = any(of_a_sweep(override) == "search" for override in overrides)
        config = read_sweep_config(files.sweep, files.params, _Origin(files.overrides), typed_search)
    cli = read_cli_overrides(overrides, config.settings.get("search") is not None)
    settings = Sweep(**{**config.settings, **cli.settings})
    in_file = config.settings.get("launcher_args") if "launcher_args" not in cli.settings else None
    seeds, seed_problems = chosen_seeds(config, cli)
    problems = [*config.problems, *cli.problems, *_given_twice(cli), *_sweeps_in_a_sweep(config, cli, composer),
                *_intervals(settings, [*cli.axes, *config.axes]), *launcher_problems(settings, in_file), *seed_problems]
    named = next((str(axis.choices[0].sets[EXPERIMENT]) for axis in cli.axes if axis.keys == [EXPERIMENT]), None)
    return Request(layered(config.axes, cli.axes, seeds), cli.skips + config.skips, settings,
                   named if _defines_sweep(files) else None, problems)


def _of_files(overrides: Sequence[str], composer: Composer) -> Composition | None:
    """The composition of the overrides that choose one experiment, or add a group of the user."""
    chosen = [override for override in overrides
              if override.startswith((f"{EXPERIMENT}=", "+")) and not of_a_sweep(override)]
    parsed, _ = read_overrides(chosen)
    found, problems = composer.compose([o.input_line or "" for o in parsed if o.key_or_group == EXPERIMENT
                                        or "." not in o.key_or_group])
    return None if problems else found


def _defines_sweep(files: Composition | None) -> bool:
    return files is not None and bool(files.sweep or files.params is not None)


def _given_twice(cli: CliOverrides) -> list[Problem]:
    """A key that varies is given once."""
    found: list[Problem] = []
    before: dict[str, Axis] = {}
    for axis in cli.axes:
        for key in axis.keys:
            other = before.setdefault(key, axis)
            if other is not axis and (axis.varies or other.varies):
                found.append(Problem(axis.given, f"{key} is given twice; {other.given} comes before"))
    return found


def _sweeps_in_a_sweep(config: SweepConfig, cli: CliOverrides, composer: Composer) -> list[Problem]:
    """An experiment that is a sweep is not one job of another."""
    return [Problem(f"{choice.row}: {override}" if choice.row else axis.given,
                    f"{override} is a sweep itself; run it alone")
            for axis in (*config.axes, *cli.axes) if EXPERIMENT in axis.keys and axis.varies
            for choice in axis.choices for override in choice.overrides
            if key_of(override) == EXPERIMENT and is_sweep([override], composer)]


def _intervals(settings: Sweep, axes: Sequence[Axis]) -> list[Problem]:
    """An interval where nothing is drawn: a typed search=null stands above a file's search."""
    if settings.search is not None:
        return []
    return [Problem(axis.given, ONLY_IN_A_SEARCH) for axis in axes if axis.interval is not None]


class _Origin:
    """Where a key stands in the files; they are read again only when it is asked."""

    def __init__(self, overrides: Sequence[str]):
        self._overrides = overrides
        self._origins: Origins | None = None

    def __call__(self, key: str) -> str:
        self._origins = self._origins or Origins(self._overrides)
        return self._origins.place(key)
