"""A bar while an iterative method works."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any


class Progress:
    """A line with bar and remaining time on standard error, where that is a terminal; elsewhere nothing.

    Of work that does not say how far it is (`steps` None) the line has the time that has passed.

        with Progress("dream", steps, begun) as progress:
            for step in range(begun, steps):
                ...
                progress.step()
    """

    def __init__(self, what: str, steps: int | None, begun: int = 0):
        self._what, self._steps, self._begun = what, steps, begun
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            time = [TimeElapsedColumn()] if self._steps is None else [MofNCompleteColumn(), TimeRemainingColumn()]
            self._bar = Bar(TextColumn("{task.description}"), BarColumn(), *time, TextColumn("{task.fields[note]}"),
                            console=Console(file=sys.stderr), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=self._steps, completed=self._begun, note="")
        return self

    def step(self, steps: int = 1, note: str = "") -> None:
        """So many more steps are done; `note` stands beside the bar."""
        if self._bar is not None:
            self._bar.update(self._task, advance=steps, note=note)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.stop()
