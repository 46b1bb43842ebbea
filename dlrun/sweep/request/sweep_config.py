"""The key `sweep` of an experiment's file, and Hydra's own ``hydra.sweeper.params``: read into axes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from dlrun.config.check.allow import KEY as ALLOW
from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.quoting import Origin, show
from dlrun.config.schema.reader import read_values
from dlrun.config.schema.sweeps import Sweep
from dlrun.sweep.request.axes import Axis, Choice, axis_of, axis_of_values, choice_of, zipped
from dlrun.sweep.request.skip import Skip
from dlrun.sweep.request.to_override import to_override


@dataclass
class SweepConfig:
    """What files define of a sweep: settings by the keys of `Sweep`, axes (rows, axes, pairs in this order), skips."""

    settings: dict[str, Any] = field(default_factory=dict)
    axes: list[Axis] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_sweep_config(sweep: Any, params: dict[str, Any] | None, origin: Origin, search: bool = False) -> SweepConfig:
    """Axes and settings of a composition's `sweep` and `params`, with everything that is wrong with them."""
    config = SweepConfig()
    if sweep is not None and not isinstance(sweep, dict):
        config.problems.append(Problem("sweep", "expected a mapping: rows, axes, pairs, exclude, seeds, ...",
                                        origin("sweep")))
        sweep = None
    given: dict[str, Any] = sweep or {}
    values = read_values(Sweep, given, "sweep", config.problems, origin, owner="sweep")
    config.settings = {key: values[key] for key in given if key in values}
    search = search or values["search"] is not None
    reader = _Reader(config, origin)
    if values["rows"]:
        config.axes += _rows(values["rows"], reader)
    for key, value in flatten(values["axes"] or {}).items():
        reader.read(f"sweep.axes.{key}", partial(_axis, key, value, search))
    for number, pair in enumerate(_list(values["pairs"])):
        reader.read("sweep.pairs", partial(_pair, pair, number))
    for key, value in flatten(params or {}).items():
        reader.read(f"hydra.sweeper.params.{key}", partial(_axis, key, value, search))
    for number, skip in enumerate(_list(values["exclude"])):
        reader.read("sweep.exclude", partial(_skip, skip, number))
    config.problems += _overlaps(config, origin)
    return config


def _no_permission(key: str, given: str) -> None:
    """Raises ConfigError for a file that allows code to run, in a row or an axis."""
    if re.split(r"[.@]", key.strip("+~ "))[0] == ALLOW:
        raise problem(given, "it counts on the command line only")


def _overlaps(config: SweepConfig, origin: Origin) -> list[Problem]:
    """A key is set in one place: a later axis would silently replace what a row or an axis before has set."""
    found: list[Problem] = []
    before: dict[str, Axis] = {}
    for axis in config.axes:
        for key in axis.keys:
            other = before.setdefault(key, axis)
            if other is not axis:
                found.append(Problem(axis.given, f"{key} is set by {other.given} already", origin("sweep")))
    if config.settings.get("seeds") is not None and "seed" in before:
        found.append(Problem("sweep.seeds", f"seed is set by {before['seed'].given} already", origin("sweep.seeds")))
    return found


@dataclass
class _Reader:
    config: SweepConfig
    origin: Origin

    def read(self, key: str, of: Callable[[], Axis | Skip]) -> None:
        try:
            found = of()
            if isinstance(found, Skip):
                self.config.skips.append(found)
            else:
                self.config.axes.append(found)
        except ConfigError as error:
            self.config.problems += [replace(p, origin=p.origin or self.origin(key)) for p in error.problems]


def _list(value: Any) -> list[Any]:
    """A list of mappings; a single one may stand without its list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _axis(key: str, value: Any, search: bool) -> Axis:
    _no_permission(key, f"{key}={show(value)}")
    if isinstance(value, str):
        return axis_of(f"{key}={value}", typed=False, search=search)
    values = value if isinstance(value, list) else [value]
    if not values:
        raise problem(f"sweep.axes.{key}", "it has no values")
    return axis_of_values(key, values)


def _pair(pair: Any, number: int) -> Axis:
    if not isinstance(pair, dict):
        raise problem(f"sweep.pairs.{number}", "expected a mapping of keys to lists")
    return zipped([_axis(key, value, False) for key, value in flatten(pair).items()], f"sweep.pairs.{number}")


def _rows(rows: dict[str, Any], reader: _Reader) -> list[Axis]:
    choices = []
    for name, row in rows.items():
        try:
            choices.append(_row(str(name), row))
        except ConfigError as error:
            reader.config.problems += [
                replace(p, given=f"{name}: {p.given}", origin=p.origin or reader.origin(f"sweep.rows.{name}"))
                for p in error.problems]
    return [Axis(tuple(choices), "sweep.rows", typed=False)] if choices else []


def _row(name: str, row: Any) -> Choice:
    if row is None:
        return Choice((), {}, name)
    if isinstance(row, dict):
        row = [to_override(key, value) for key, value in flatten(row).items()]
    if isinstance(row, list) and all(isinstance(override, str) for override in row):
        for override in row:  # first: it says why the rest is not known
            _no_permission(override.partition("=")[0], override)
        return choice_of(row, name)
    raise problem(f"sweep.rows.{name}", "expected a list of overrides, or a mapping of keys to values")


def _skip(skip: Any, number: int) -> Skip:
    if not isinstance(skip, dict) or not skip:
        raise problem(f"sweep.exclude.{number}", "expected a mapping, as  {model: lstm, dataset: mnist}")
    # A list is some values, or the one value of a key that takes lists: no job's value can be both.
    values = {key: [*value, value] if isinstance(value, list) else [value] for key, value in flatten(skip).items()}
    return Skip(values, f"sweep.exclude.{number}", typed=False)
