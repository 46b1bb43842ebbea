"""What tells the runs of a list apart, beside what their names say."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.config.settings import changed
from dlrun.report.axes import axes_of
from dlrun.report.run import Run

_FEW = 4  # settings that are shown of each run
_NAMED = ("dataset", "model", "optimizer")  # a run is named after them


def differing(runs: Sequence[Run]) -> list[str]:
    """The settings of each run in which the runs differ, as they are typed: ``seed=2 optimizer.lr=0.01``.

    Where they differ in many, what is a run's default is left out; the seed stands where the runs have several.
    """
    if not runs:
        return []
    axes, seeds = axes_of(runs, None), len({run.seed for run in runs}) > 1
    columns = [column for column in axes.columns if column not in _NAMED]
    every = len(columns) <= _FEW
    found = []
    for run, labels in zip(runs, axes.labels):
        own, by_column = changed(run.config), dict(zip(axes.columns, labels))
        words = [f"{column}={by_column[column]}" for column in columns
                 if by_column[column] and (every or column in own or f"{column}.kind" in own)]
        found.append(" ".join([f"seed={run.seed}"] * seeds + words))
    return found
