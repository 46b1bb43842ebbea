"""What a sweep crosses: axes of choices, each choice some overrides that are set together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hydra.core.override_parser.types import Glob, IntervalSweep, Override, RangeSweep

from dlrun.config.compose.catalog import is_group, options
from dlrun.config.compose.overrides import read_overrides
from dlrun.config.problem import ConfigError, problem
from dlrun.sweep.request.interval import SearchInterval, read_interval
from dlrun.sweep.request.to_override import to_override

MAX_JOBS = 20_000  # of a grid, or values of an axis; who asks for more has mistyped a range
ONLY_IN_A_SEARCH = "an interval needs a search (search=tpe); expected values, or  range(start,stop,step)"


@dataclass(frozen=True)
class Choice:
    """One place on an axis: the overrides that it adds to a job, and the value that each sets (``{"seed": 3}``).

    `row` is the name of a row of an experiment's file.
    """

    overrides: tuple[str, ...]
    sets: dict[str, Any]
    row: str | None = None


@dataclass(frozen=True)
class Axis:
    """Choices of which each job has one.

    An override that does not vary is an axis of one choice.  `given` is how it was written, `typed` whether on the
    command line; `interval` is what a search draws from, and its choices are then those that are checked before.
    """

    choices: tuple[Choice, ...]
    given: str
    interval: SearchInterval | None = None
    typed: bool = True

    @property
    def keys(self) -> list[str]:
        """The keys that its choices set, in order."""
        return list(dict.fromkeys(key for choice in self.choices for key in choice.sets))

    @property
    def rows(self) -> bool:
        """Whether its choices are the named rows of a file."""
        return any(choice.row is not None for choice in self.choices)

    @property
    def varies(self) -> bool:
        """Whether jobs differ in it; a single row counts, since it has a name."""
        return len(self.choices) > 1 or self.rows


def axis_of(text: str, typed: bool = True, search: bool = False) -> Axis:
    """The axis of an override in Hydra's sweep grammar, as ``seed=1,2``; in a search also an interval.

    Raises ConfigError.
    """
    parsed, problems = read_overrides([text], multirun=True)
    if problems:
        raise ConfigError(problems)
    override = parsed[0]
    key = override.get_key_element()
    interval = read_interval(override) if search else None
    if interval is not None:
        return Axis(tuple(choice_of([to_override(key, number)]) for number in interval.probes()), text, interval, typed)
    if isinstance(override.value(), IntervalSweep):
        raise problem(text, ONLY_IN_A_SEARCH)
    return Axis(tuple(choice_of([one]) for one in _single_overrides(override)), text, typed=typed)


def axis_of_values(key: str, values: Sequence[Any]) -> Axis:
    """The axis of a list in a file; raises ConfigError for a value that the key cannot have."""
    return Axis(tuple(choice_of([to_override(key, value)]) for value in values), f"{key}={list(values)}", typed=False)


def zipped(axes: Sequence[Axis], given: str) -> Axis:
    """One axis of several that vary together; raises ConfigError where they are not equally long."""
    lengths = {key: len(axis.choices) for axis in axes for key in axis.keys}
    if len(axes) < 2:
        raise problem(given, "expected two or more keys that vary together, as in  "
                             "zip(optimizer.lr=0.1,0.01; batch_size=32,256)")
    if len(set(lengths.values())) > 1:
        raise problem(given, "expected the same number of values for each key; "
                      + ", ".join(f"{key} has {count}" for key, count in lengths.items()))
    return Axis(tuple(merged(together) for together in zip(*(axis.choices for axis in axes))), given,
                typed=axes[0].typed)


def merged(choices: Sequence[Choice]) -> Choice:
    """Several choices as one; the values of the later ones count."""
    sets: dict[str, Any] = {}
    for choice in choices:
        sets.update(choice.sets)
    row = next((choice.row for choice in choices if choice.row is not None), None)
    return Choice(tuple(override for choice in choices for override in choice.overrides), sets, row)


def choice_of(overrides: Sequence[str], row: str | None = None) -> Choice:
    """The choice of some overrides that do not vary; raises ConfigError with all that is wrong with them."""
    parsed, problems = read_overrides(overrides)
    if problems:
        raise ConfigError(problems)
    return Choice(tuple(override.input_line or "" for override in parsed),
                  {override.key_or_group: override.value() for override in parsed}, row)


def key_of(override: str) -> str:
    """The key that an override sets: ``model.hidden`` of ``+model.hidden=[8]``."""
    return override.partition("=")[0].lstrip("+")


def _single_overrides(override: Override) -> list[str]:
    """An override of the sweep grammar as one override for each of its values; raises ConfigError."""
    given, key = override.input_line or "", override.get_key_element()
    if not override.is_sweep_override():
        return [given]
    chosen = override.value()
    if isinstance(chosen, Glob):
        if not is_group(override.key_or_group):
            raise problem(given, "glob chooses among the options of a group")
        found = chosen.filter(options(override.key_or_group))
        if not found:
            raise problem(given, f"nothing matches; the options are: {', '.join(options(override.key_or_group))}")
        return [f"{key}={name}" for name in found]
    refuse_long_range(override)
    try:
        found = [f"{key}={value}" for value in islice(override.sweep_string_iterator(), MAX_JOBS + 1)]
    except Exception as error:  # a range whose step leads nowhere is found by Hydra only while it counts
        raise problem(given, f"not readable: {str(error).splitlines()[0]}") from None
    if not found:
        raise problem(given, "it has no values")
    if len(found) > MAX_JOBS:
        raise _too_many(given)
    return found


def refuse_long_range(override: Override) -> None:
    """Raises ConfigError for a range of too many values, before anybody lists them."""
    chosen = override.value()
    if isinstance(chosen, RangeSweep) and chosen.step:
        if ((chosen.stop or 0) - (chosen.start or 0)) / chosen.step > MAX_JOBS:
            raise _too_many(override.input_line or "")


def _too_many(given: str) -> Exception:
    return problem(given, f"it has more than {MAX_JOBS:,} values; expected a larger step:  range(start,stop,step)")
