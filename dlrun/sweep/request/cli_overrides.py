"""The words of a sweep's command line: settings (``seeds=5``), the forms zip and skip, and axes in Hydra's grammar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from dlrun.config.compose.grammar import not_a_word
from dlrun.config.problem import ConfigError, Problem, did_you_mean, problem
from dlrun.config.schema.fields import rules
from dlrun.config.schema.reader import read_values
from dlrun.config.schema.sweeps import FORMS, SHORT, Sweep, of_a_sweep
from dlrun.sweep.request.axes import Axis, of_word
from dlrun.sweep.request.forms import read_skip, read_zip
from dlrun.sweep.request.skip import Skip

_IN_A_FILE = {
    "axes": "an axis is typed as  optimizer.lr=0.1,0.01", "pairs": "it is typed as  zip(optimizer.lr=0.1,0.01; ...)",
    "exclude": "it is typed as  skip(model=lstm, ...)", "rows": "rows stand in an experiment's file",
}


@dataclass
class CliOverrides:
    """What the words say: `settings` by the keys of `Sweep`, axes in their order, combinations that are left out."""

    settings: dict[str, Any] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)  # the word of each setting
    axes: list[Axis] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_cli_overrides(words: Sequence[str], search: bool = False) -> CliOverrides:
    """All words of a command, with everything that is wrong with them."""
    typed = CliOverrides()
    settings = [word for word in words if of_a_sweep(word) not in ("", *FORMS)]
    for word in settings:  # first: whether this is a search decides what an axis may be
        _take(typed, word, search)
    for word in words:
        if word not in settings:
            _take(typed, word, search or typed.settings.get("search") is not None)
    return typed


def _take(typed: CliOverrides, word: str, search: bool) -> None:
    key = of_a_sweep(word)
    try:
        if key == "zip":
            typed.axes.append(read_zip(word))
        elif key == "skip":
            typed.skips.append(Skip(read_skip(word), word))
        elif key:
            _set(typed, word, key)
        else:
            typed.axes.append(of_word(word, search=search))
    except ConfigError as wrong:
        typed.problems += wrong.problems


def _set(typed: CliOverrides, word: str, key: str) -> None:
    if key == "sweep" or key in _IN_A_FILE:
        raise problem(word, _IN_A_FILE.get(key, "its keys are set one by one, as in  sweep.name=mine seeds=5"))
    if key not in rules(Sweep):
        raise problem(word, f"a sweep has no such key{did_you_mean(key, rules(Sweep))}")
    try:
        override = OverridesParser.create().parse_override(word)
        several = override.is_sweep_override()
        value: Any = [_plain(one) for one in override.sweep_iterator()] if several else override.value()
    except HydraException as error:
        raise problem(word, not_a_word(word, error)) from None
    if several and key != "seeds":
        raise problem(word, "one value is wanted: it holds for the whole sweep")
    if key in typed.settings:
        raise problem(word, f"it is said twice; {typed.given[key]} stands before")
    wrong: list[Problem] = []
    read = read_values({key: rules(Sweep)[key]}, {key: value}, "" if key in SHORT else "sweep", wrong)
    if wrong:
        raise ConfigError(wrong)
    typed.settings[key], typed.given[key] = read[key], word


def _plain(value: Any) -> Any:
    return getattr(value, "text", value)
