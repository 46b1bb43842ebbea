"""The axes of an experiment's file with those of the command line above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dlrun.sweep.request.axes import Axis, Choice, key_of, merged
from dlrun.sweep.request.seeds import SEED

EXPERIMENT = "experiment"


def layered(file: Sequence[Axis], typed: Sequence[Axis], seeds: Sequence[int]) -> list[Axis]:
    """The axes of a sweep: the file's, less what is typed, then the typed ones, last the seeds."""
    set_here = {key for axis in typed for key in axis.keys} | ({SEED} if seeds else set())
    axes = [left for axis in file
            if (left := _without(axis, set_here - {EXPERIMENT})).choices[0].overrides or axis.rows]
    axes = _on_experiments(axes, [axis for axis in typed if not (axis.varies and axis.keys == [SEED])])
    if seeds:
        axes.append(Axis(tuple(Choice((f"{SEED}={seed}",), {SEED: seed}) for seed in seeds), "seeds"))
    return axes


def _without(axis: Axis, keys: set[str]) -> Axis:
    """A file's axis without what the command line sets itself; what then no longer varies is one choice."""
    choices = [Choice(tuple(override for override in choice.overrides if key_of(override) not in keys),
                      {key: value for key, value in choice.sets.items() if key not in keys}, choice.row)
               for choice in axis.choices]
    distinct = {choice.overrides: choice for choice in choices}
    return replace(axis, choices=tuple(choices if axis.rows else distinct.values()))


def _on_experiments(axes: list[Axis], typed: list[Axis]) -> list[Axis]:
    """Axes that name experiments: such a choice stands on that experiment, the others on the one that is typed."""
    if not any(EXPERIMENT in axis.keys for axis in axes):
        return axes + typed
    own = next((axis.choices[0] for axis in typed if axis.keys == [EXPERIMENT]), Choice((), {}))
    placed = [replace(axis, choices=tuple(
        choice if EXPERIMENT in choice.sets else replace(merged((own, choice)), row=choice.row)
        for choice in axis.choices)) if EXPERIMENT in axis.keys else axis for axis in axes]
    return placed + [axis for axis in typed if axis.keys != [EXPERIMENT]]
