"""The plots of a task: functions of a `View`, called at named places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlrun.tasks._base.view import View

Plot = Callable[[View], None]


@dataclass(frozen=True)
class Plots:
    """What is drawn at the `start` of a run, about ten times `during` it, and at the `end` of the kept weights.

    A plot writes by `View.save` or `View.write`; one that does not fit the run's data does nothing, and one that raises
    costs the run nothing but a note.  `outputs` says that plots at the end read `View.outputs`, which are then kept
    from the measurement of the test rows.  `end` may be a function that gives the plots: a run loads them when it ends.
    """

    start: tuple[Plot, ...] = ()
    during: tuple[Plot, ...] = ()
    end: Sequence[Plot] | Callable[[], Sequence[Plot]] = ()
    outputs: bool = False
