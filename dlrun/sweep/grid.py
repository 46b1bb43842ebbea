"""The jobs of a multirun: every combination of the values on the command line, in Hydra's grammar and order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hydra.core.override_parser.types import Glob, Override

from dlrun.config.catalog import is_group, options
from dlrun.config.overrides import read_words
from dlrun.config.problem import Problem, Problems


def grid(words: Sequence[str]) -> tuple[list[str], list[list[str]], list[Problem]]:
    """The keys that vary, the words of each job (the last key varies fastest), and the problems of words.

    Words with problems are left out of the jobs, so that the others can still be checked.
    """
    overrides, problems = read_words(words, multirun=True)
    axes: list[list[str]] = []
    varying: list[str] = []
    for override in overrides:
        try:
            values = _values(override)
        except Problems as wrong:
            problems += wrong.problems
            continue
        axes.append(values)
        if len(values) > 1:
            varying.append(override.key_or_group)
    return varying, [list(job) for job in itertools.product(*axes)], problems


def _values(override: Override) -> list[str]:
    said = override.input_line or ""
    if not override.is_sweep_override():
        return [said]
    if override.is_interval_sweep():
        raise Problems([Problem(said, "an interval is for a search; name the values, or  range(start,stop,step)")])
    key = override.get_key_element()
    chosen = override.value()
    if isinstance(chosen, Glob):
        if not is_group(override.key_or_group):
            raise Problems([Problem(said, "glob chooses among the words of a group")])
        found = chosen.filter(options(override.key_or_group))
        if not found:
            raise Problems([Problem(said, f"nothing matches; there are: {', '.join(options(override.key_or_group))}")])
        return [f"{key}={name}" for name in found]
    found = [f"{key}={value}" for value in override.sweep_string_iterator()]
    if not found:
        raise Problems([Problem(said, "it names no values")])
    return found
