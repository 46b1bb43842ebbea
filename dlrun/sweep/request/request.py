"""What a command asks for: the words typed and the experiment's file together.  What is typed goes above the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from dlrun.config.compose.composer import Composer
from dlrun.config.compose.composition import Composition
from dlrun.config.compose.origins import Origins
from dlrun.config.compose.overrides import read_words
from dlrun.config.problem import Problem
from dlrun.config.schema.quoting import show
from dlrun.config.schema.sweeps import Sweep, of_a_sweep
from dlrun.registry import find
from dlrun.sweep.request.axes import AN_INTERVAL, Axis, Choice, key_of, merged
from dlrun.sweep.request.cli_overrides import CliOverrides, read_cli_overrides
from dlrun.sweep.request.skip import Skip
from dlrun.sweep.request.sweep_config import SweepConfig, read_seeds, read_sweep_config

EXPERIMENT = "experiment"
SEED = "seed"


@dataclass(frozen=True)
class Request:
    """A sweep before it is composed: axes in their order (the seeds last), what is left out, and its settings."""

    axes: list[Axis]
    skips: list[Skip]
    settings: Sweep
    experiment: str | None  # the experiment whose file makes this a sweep
    problems: list[Problem]


def is_sweep(words: Sequence[str], composer: Composer) -> bool:
    """Whether files that the words choose (an experiment's) say that this is a sweep."""
    found = _of_files(words, composer)
    return found is not None and bool(found.sweep or found.params is not None)


def read_request(words: Sequence[str], composer: Composer) -> Request:
    """Read a sweep's command, with everything that is wrong with its words."""
    files = _of_files(words, composer)
    section = SweepConfig()
    if files is not None:
        typed_search = any(of_a_sweep(word) == "search" for word in words)
        section = read_sweep_config(files.sweep, files.params, _Origin(files.words), typed_search)
    typed = read_cli_overrides(words, section.settings.get("search") is not None)
    problems = section.problems + typed.problems + _twice(typed) + _sweeps_in_a_sweep(section, typed, composer)
    settings = Sweep(**{**section.settings, **typed.settings})
    if settings.search is None:  # search=null is typed above a file's search
        problems += [Problem(axis.given, AN_INTERVAL) for axis in typed.axes + section.axes
                     if axis.interval is not None]
    problems += _launcher_problems(settings)
    seeds, wrong = _seeds(section, typed)
    set_here = {key for axis in typed.axes for key in axis.keys} | ({SEED} if seeds else set())
    axes = [left for axis in section.axes
            if (left := _without(axis, set_here - {EXPERIMENT})).choices[0].words or axis.rows]
    axes = _on_experiments(axes, [axis for axis in typed.axes if not (axis.varies and axis.keys == [SEED])])
    if seeds:
        axes.append(Axis(tuple(Choice((f"seed={seed}",), {SEED: seed}) for seed in seeds), "seeds"))
    named = next((str(axis.choices[0].sets[EXPERIMENT]) for axis in typed.axes if axis.keys == [EXPERIMENT]), None)
    is_file = files is not None and bool(files.sweep or files.params is not None)
    return Request(axes, typed.skips + section.skips, settings, named if is_file else None, problems + wrong)


def _of_files(words: Sequence[str], composer: Composer) -> Composition | None:
    """The composition of the words that choose one experiment, or add a group of the user's own."""
    chosen = [word for word in words if word.startswith((f"{EXPERIMENT}=", "+")) and not of_a_sweep(word)]
    right, _ = read_words(chosen)
    found, problems = composer.compose([o.input_line or "" for o in right if o.key_or_group == EXPERIMENT
                                        or "." not in o.key_or_group])
    return None if problems else found


def _launcher_problems(settings: Sweep) -> list[Problem]:
    """Arguments for a launcher that takes none."""
    if settings.launcher_args and not find("launcher", settings.launcher).arguments:
        return [Problem(f"launcher_args={show(settings.launcher_args)}", f"launcher={settings.launcher} takes no "
                                                                         "arguments")]
    return []


def _sweeps_in_a_sweep(section: SweepConfig, typed: CliOverrides, composer: Composer) -> list[Problem]:
    """An experiment that is a sweep is not one job of another."""
    return [Problem(f"{choice.row}: {word}" if choice.row else axis.given, f"{word} is a sweep itself; run it alone")
            for axis in (*section.axes, *typed.axes) if EXPERIMENT in axis.keys and axis.varies
            for choice in axis.choices for word in choice.words
            if key_of(word) == EXPERIMENT and is_sweep([word], composer)]


def _on_experiments(axes: list[Axis], typed: list[Axis]) -> list[Axis]:
    """A file's axes and the typed ones.  Rows that name an experiment stand on that one, the others on the file."""
    if not any(EXPERIMENT in axis.keys for axis in axes):
        return axes + typed
    own = next((axis.choices[0] for axis in typed if axis.keys == [EXPERIMENT]), Choice((), {}))
    placed = [replace(axis, choices=tuple(
        choice if EXPERIMENT in choice.sets else replace(merged((own, choice)), row=choice.row)
        for choice in axis.choices)) if EXPERIMENT in axis.keys else axis for axis in axes]
    return placed + [axis for axis in typed if axis.keys != [EXPERIMENT]]


def _twice(typed: CliOverrides) -> list[Problem]:
    """A key that varies is said once."""
    found: list[Problem] = []
    before: dict[str, Axis] = {}
    for axis in typed.axes:
        for key in axis.keys:
            other = before.setdefault(key, axis)
            if other is not axis and (axis.varies or other.varies):
                found.append(Problem(axis.given, f"{key} is said twice; {other.given} stands before"))
    return found


def _seeds(section: SweepConfig, typed: CliOverrides) -> tuple[list[int], list[Problem]]:
    """The seeds to cross with, if any: ``seeds=3``, ``seed=0,1``, or the file's."""
    axis = next((axis for axis in typed.axes if axis.keys == [SEED]), None)
    if axis is not None and axis.interval is not None:
        return [], [Problem(axis.given, "seeds are named, not drawn; as in  seeds=3")]
    if axis is not None and "seeds" in typed.settings:
        return [], [Problem(typed.given["seeds"], f"{axis.given} says it already")]
    if axis is not None:
        return [choice.sets[SEED] for choice in axis.choices] if axis.varies else [], []
    own = next((axis for axis in section.axes if SEED in axis.keys and not axis.rows), None)
    value, said = typed.settings.get("seeds"), typed.given.get("seeds", "")
    if value is None:
        value = section.settings.get("seeds")
        said = f"sweep.seeds={show(value)}"
        if value is None and own is not None and own.keys == [SEED]:
            return [choice.sets[SEED] for choice in own.choices], []
    if value is None:
        return [], []
    try:
        return read_seeds(value), []
    except ValueError as error:
        return [], [Problem(said, str(error))]


def _without(axis: Axis, keys: set[str]) -> Axis:
    """A file's axis without what the command line sets itself; what then no longer varies is one choice."""
    choices = [Choice(tuple(word for word in choice.words if key_of(word) not in keys),
                      {key: value for key, value in choice.sets.items() if key not in keys}, choice.row)
               for choice in axis.choices]
    return replace(axis, choices=tuple(choices if axis.rows else {choice.words: choice for choice in choices}.values()))


class _Origin:
    """Where a key stands in the files; they are read again only when it is asked."""

    def __init__(self, words: Sequence[str]):
        self._words = words
        self._origins: Origins | None = None

    def __call__(self, key: str) -> str:
        self._origins = self._origins or Origins(self._words)
        return self._origins.place(key)


def options(settings: Sweep, grid: Sequence[str]) -> dict[str, Any]:
    """A sweep's settings as a plan stores them: all but those that say which jobs there are."""
    return {field.name: getattr(settings, field.name) for field in fields(settings) if field.name not in grid}

