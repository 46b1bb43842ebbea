"""The key `sweep` of an experiment's file, and Hydra's own ``hydra.sweeper.params``: read into axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from dlrun.config.flat import flatten
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.reader import read_values
from dlrun.config.schema.sweeps import Sweep
from dlrun.sweep.request.axes import Axis, Choice, of_values, of_word, set_by, zipped
from dlrun.sweep.request.skip import Skip
from dlrun.sweep.request.to_override import to_override

Origin = Callable[[str], str]


@dataclass
class SweepConfig:
    """What files say of a sweep.  Rows come first, then axes, then pairs."""

    settings: dict[str, Any] = field(default_factory=dict)
    axes: list[Axis] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_sweep_config(sweep: Any, params: dict[str, Any] | None, origin: Origin, search: bool = False) -> SweepConfig:
    """Axes and settings of a composition's `sweep` and `params`, with everything that is wrong with them."""
    section = SweepConfig()
    if sweep is not None and not isinstance(sweep, dict):
        section.problems.append(Problem("sweep", "a mapping is wanted: rows, axes, pairs, exclude, seeds, ...",
                                        origin("sweep")))
        sweep = None
    given: dict[str, Any] = sweep or {}
    values = read_values(Sweep, given, "sweep", section.problems, origin, owner="sweep")
    section.settings = {key: values[key] for key in given if key in values}
    search = search or values["search"] is not None
    reader = _Reader(section, origin)
    if values["rows"]:
        section.axes += _rows(values["rows"], reader)
    for key, value in flatten(values["axes"] or {}).items():
        reader.take(f"sweep.axes.{key}", partial(_axis, key, value, search))
    for number, pair in enumerate(_list(values["pairs"])):
        reader.take("sweep.pairs", partial(_pair, pair, number))
    for key, value in flatten(params or {}).items():
        reader.take(f"hydra.sweeper.params.{key}", partial(_axis, key, value, search))
    for number, skip in enumerate(_list(values["exclude"])):
        reader.take("sweep.exclude", partial(_skip, skip, number))
    section.problems += _overlaps(section, origin)
    return section


def _overlaps(section: SweepConfig, origin: Origin) -> list[Problem]:
    """A key is set in one place: a later axis would silently replace what a row or an axis before has set."""
    found: list[Problem] = []
    before: dict[str, Axis] = {}
    for axis in section.axes:
        for key in axis.keys:
            other = before.setdefault(key, axis)
            if other is not axis:
                found.append(Problem(axis.given, f"{key} is set by {other.given} already", origin("sweep")))
    if section.settings.get("seeds") is not None and "seed" in before:
        found.append(Problem("sweep.seeds", f"seed is set by {before['seed'].given} already", origin("sweep.seeds")))
    return found


@dataclass
class _Reader:
    section: SweepConfig
    origin: Origin

    def take(self, key: str, read: Callable[[], Axis | Skip]) -> None:
        try:
            found = read()
            if isinstance(found, Skip):
                self.section.skips.append(found)
            else:
                self.section.axes.append(found)
        except ConfigError as wrong:
            self.section.problems += [replace(p, origin=p.origin or self.origin(key)) for p in wrong.problems]


def _list(value: Any) -> list[Any]:
    """A list of mappings; a single one may stand without its list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _axis(key: str, value: Any, search: bool) -> Axis:
    if isinstance(value, str):
        return of_word(f"{key}={value}", typed=False, search=search)
    values = value if isinstance(value, list) else [value]
    if not values:
        raise problem(f"sweep.axes.{key}", "it names no values")
    return of_values(key, values)


def _pair(pair: Any, number: int) -> Axis:
    if not isinstance(pair, dict):
        raise problem(f"sweep.pairs.{number}", "a mapping of keys to lists is wanted")
    return zipped([_axis(key, value, False) for key, value in flatten(pair).items()], f"sweep.pairs.{number}")


def _rows(rows: dict[str, Any], reader: _Reader) -> list[Axis]:
    choices = []
    for name, row in rows.items():
        try:
            choices.append(_row(str(name), row))
        except ConfigError as wrong:
            reader.section.problems += [
                replace(p, given=f"{name}: {p.given}", origin=p.origin or reader.origin(f"sweep.rows.{name}"))
                for p in wrong.problems]
    return [Axis(tuple(choices), "sweep.rows", typed=False)] if choices else []


def _row(name: str, row: Any) -> Choice:
    if row is None:
        return Choice((), {}, name)
    if isinstance(row, dict):
        return set_by([to_override(key, value) for key, value in flatten(row).items()], name)
    if isinstance(row, list) and all(isinstance(word, str) for word in row):
        return set_by(row, name)
    raise problem(f"sweep.rows.{name}", "a list of overrides, or a mapping of keys to values, is wanted")


def _skip(skip: Any, number: int) -> Skip:
    if not isinstance(skip, dict) or not skip:
        raise problem(f"sweep.exclude.{number}", "a mapping is wanted, as  {model: lstm, dataset: mnist}")
    values = {key: value if isinstance(value, list) else [value] for key, value in flatten(skip).items()}
    return Skip(values, f"sweep.exclude.{number}", typed=False)


def read_seeds(value: Any) -> list[int]:
    """The seeds that ``seeds:`` names: n stands for 0 to n-1.  Raises ValueError.

    >>> read_seeds(3), read_seeds([7, 8]), read_seeds("1,2")
    ([0, 1, 2], [7, 8], [1, 2])
    """
    wanted = "a number n for the seeds 0 to n-1, or a list of seeds, is wanted"
    if isinstance(value, str):
        try:
            value = [choice.sets["seed"] for choice in of_word(f"seed={value}").choices]
        except ConfigError:
            raise ValueError(wanted) from None
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return list(range(value))
    if isinstance(value, (list, tuple)) and value and all(
            isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 for seed in value):
        return list(value)
    raise ValueError(wanted)

