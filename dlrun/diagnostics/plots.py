"""Draws what a run's task has to show; nobody has to ask for it.

`draw_start` is called once, `draw_epoch` after every epoch, `draw_end` when the kept weights have been measured.
"""

from __future__ import annotations

from collections.abc import Iterable

from dlrun.tasks._base.plots import Plot
from dlrun.tasks._base.view import View


def draw_start(view: View) -> None:
    """The task's plots of the start, and the graph if asked."""
    _draw(view, view.config.task.plots().start)
    if view.config.graph:
        from dlrun.diagnostics.graph import graph

        _draw(view, [graph])


def draw_epoch(view: View) -> None:
    """About ten times in a run, what changes with training."""
    epochs = view.config.epochs
    if view.epoch == 1 or view.epoch % max(1, epochs // 10) == 0:
        _draw(view, view.config.task.plots().during)


def draw_end(view: View) -> None:
    """Everything that the task has to show of the kept weights, and points for the projector if asked."""
    end = view.config.task.plots().end
    _draw(view, end() if callable(end) else end)
    if view.config.projector:
        from dlrun.diagnostics.projector import projector

        _draw(view, [projector])


def _draw(view: View, plots: Iterable[Plot]) -> None:
    """A plot that cannot be made is reported, and costs the run nothing else."""
    for plot in plots:
        try:
            plot(view)
        except Exception as error:
            view.recorder.note(f"no picture of {plot.__name__.replace('_', ' ')}: {type(error).__name__}: {error}")
