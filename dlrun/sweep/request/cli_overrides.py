"""A sweep's command line: settings (``seeds=5``), the forms zip and skip, and axes in Hydra's grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from dlrun.config.compose.grammar import cannot_be_read
from dlrun.config.compose.overrides import readable
from dlrun.config.problem import ConfigError, Problem, did_you_mean, problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.reader import read_values
from dlrun.config.schema.sweeps import FORMS, SHORT, Sweep, of_a_sweep
from dlrun.sweep.request.axes import Axis, axis_of, refuse_long_range
from dlrun.sweep.request.forms import read_skip, read_zip
from dlrun.sweep.request.skip import Skip

_NOT_TYPED = {
    "axes": "on the command line an axis is  optimizer.lr=0.1,0.01",
    "pairs": "on the command line it is  zip(optimizer.lr=0.1,0.01; ...)",
    "exclude": "on the command line it is  skip(model=lstm, ...)",
    "rows": "rows are written in an experiment's file",
}


@dataclass
class CliOverrides:
    """What is typed: `settings` by the keys of `Sweep`, axes in their order, combinations that are left out.

    `given` has for each setting how it was typed.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    axes: list[Axis] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_cli_overrides(overrides: Sequence[str], search: bool = False) -> CliOverrides:
    """All overrides of a command, with everything that is wrong with them; `search`: a file makes this a search."""
    found = CliOverrides()
    settings = [override for override in overrides if of_a_sweep(override) not in ("", *FORMS)]
    for override in settings:  # first: whether this is a search decides what an axis may be
        _read(found, override, search)
    for override in overrides:
        if override not in settings:
            _read(found, override, search or found.settings.get("search") is not None)
    return found


def _read(found: CliOverrides, override: str, search: bool) -> None:
    key = of_a_sweep(override)
    try:
        if key == "zip":
            found.axes.append(read_zip(override))
        elif key == "skip":
            found.skips.append(Skip(read_skip(override), override))
        elif key:
            _read_setting(found, override, key)
        else:
            found.axes.append(axis_of(override, search=search))
    except ConfigError as error:
        found.problems += error.problems


def _read_setting(found: CliOverrides, override: str, key: str) -> None:
    if key == "sweep" or key in _NOT_TYPED:
        raise problem(override, _NOT_TYPED.get(key, "its keys are set one by one, as in  sweep.name=mine seeds=5"))
    if key not in rules(Sweep):
        raise problem(override, f"a sweep has no such key{did_you_mean(key, rules(Sweep))}")
    try:
        parsed = OverridesParser.create().parse_override(readable(override))
        several = parsed.is_sweep_override()
        refuse_long_range(parsed)
        value: Any = [_plain(one) for one in parsed.sweep_iterator()] if several else parsed.value()
    except HydraException:
        raise problem(override, cannot_be_read(override)) from None
    if several and key != "seeds":
        raise problem(override, "expected one value: it holds for the whole sweep")
    if key in found.settings:
        raise problem(override, f"it is given twice; {found.given[key]} comes before")
    problems: list[Problem] = []
    values = read_values({key: rules(Sweep)[key]}, {key: value}, "" if key in SHORT else "sweep", problems)
    if problems:
        raise ConfigError(problems)
    found.settings[key], found.given[key] = values[key], override


def _plain(value: Any) -> Any:
    """A quoted string of Hydra's parser as its text."""
    return getattr(value, "text", value)
