"""What a sweep crosses: axes of choices, each choice some words that are set together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hydra.core.override_parser.types import Glob, IntervalSweep, Override

from dlrun.config.compose.catalog import is_group, options
from dlrun.config.compose.overrides import read_words
from dlrun.config.problem import ConfigError, problem
from dlrun.sweep.request.interval import Interval, read_interval
from dlrun.sweep.request.to_override import to_override

MOST = 20_000  # jobs of a grid, or values of an axis; who asks for more has mistyped a range
AN_INTERVAL = "an interval is for a search (search=tpe); name the values, or  range(start,stop,step)"


@dataclass(frozen=True)
class Choice:
    """One place on an axis: the words that it adds to a job, and the value that each sets (``{"seed": 3}``)."""

    words: tuple[str, ...]
    sets: dict[str, Any]
    row: str | None = None


@dataclass(frozen=True)
class Axis:
    """Choices of which each job has one.

    A word that does not vary is an axis of one choice.  `said` is how it was written; `interval` is what a search
    draws from, and its choices are then those that are checked before.
    """

    choices: tuple[Choice, ...]
    given: str
    interval: Interval | None = None
    typed: bool = True

    @property
    def keys(self) -> list[str]:
        return list(dict.fromkeys(key for choice in self.choices for key in choice.sets))

    @property
    def rows(self) -> bool:
        return any(choice.row is not None for choice in self.choices)

    @property
    def varies(self) -> bool:
        return len(self.choices) > 1 or self.rows


def of_word(word: str, typed: bool = True, search: bool = False) -> Axis:
    """The axis that a word in Hydra's grammar is; raises ConfigError where it is none."""
    overrides, problems = read_words([word], multirun=True)
    if problems:
        raise ConfigError(problems)
    override = overrides[0]
    key = override.get_key_element()
    interval = read_interval(override) if search else None
    if interval is not None:
        return Axis(tuple(_choice(to_override(key, number)) for number in interval.tries()), word, interval, typed)
    if isinstance(override.value(), IntervalSweep):
        raise problem(word, AN_INTERVAL)
    return Axis(tuple(_choice(one) for one in _words(override)), word, typed=typed)


def of_values(key: str, values: Sequence[Any]) -> Axis:
    """The axis of a list in a file; raises ConfigError for a value that the key cannot have."""
    return Axis(tuple(_choice(to_override(key, value)) for value in values), f"{key}={list(values)}", typed=False)


def zipped(axes: Sequence[Axis], said: str) -> Axis:
    """One axis of several that vary together; raises ConfigError where they are not equally long."""
    lengths = {key: len(axis.choices) for axis in axes for key in axis.keys}
    if len(axes) < 2:
        raise problem(said, "two keys or more vary together:  zip(optimizer.lr=0.1,0.01; batch_size=32,256)")
    if len(set(lengths.values())) > 1:
        raise problem(said, "equally many values are wanted; "
                      + ", ".join(f"{key} has {count}" for key, count in lengths.items()))
    return Axis(tuple(merged(together) for together in zip(*(axis.choices for axis in axes))), said,
                typed=axes[0].typed)


def merged(choices: Sequence[Choice]) -> Choice:
    """Several choices as one; the values of the later ones count."""
    sets: dict[str, Any] = {}
    for choice in choices:
        sets.update(choice.sets)
    row = next((choice.row for choice in choices if choice.row is not None), None)
    return Choice(tuple(word for choice in choices for word in choice.words), sets, row)


def set_by(words: Sequence[str], row: str | None = None) -> Choice:
    """The choice of some words that do not vary; raises ConfigError with all that is wrong with them."""
    overrides, problems = read_words(words)
    if problems:
        raise ConfigError(problems)
    return Choice(tuple(words), {override.key_or_group: override.value() for override in overrides}, row)


def key_of(word: str) -> str:
    """The key that a word sets: ``model.hidden`` of ``+model.hidden=[8]``."""
    return word.partition("=")[0].lstrip("+")


def _choice(word: str) -> Choice:
    return set_by([word])


def _words(override: Override) -> list[str]:
    said, key = override.input_line or "", override.get_key_element()
    if not override.is_sweep_override():
        return [said]
    chosen = override.value()
    if isinstance(chosen, Glob):
        if not is_group(override.key_or_group):
            raise problem(said, "glob chooses among the words of a group")
        found = chosen.filter(options(override.key_or_group))
        if not found:
            raise problem(said, f"nothing matches; there are: {', '.join(options(override.key_or_group))}")
        return [f"{key}={name}" for name in found]
    try:
        found = [f"{key}={value}" for value in islice(override.sweep_string_iterator(), MOST + 1)]
    except Exception as error:  # a range whose step leads nowhere is found by Hydra only while it counts
        raise problem(said, f"not readable: {str(error).splitlines()[0]}") from None
    if not found:
        raise problem(said, "it names no values")
    if len(found) > MOST:
        raise problem(said, f"it names more than {MOST:,} values; a step makes them fewer:  range(start,stop,step)")
    return found
