"""What is shown while a run trains that Python has started: lines, a notebook's bar, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dlrun.api.display import table
from dlrun.record.recorder import EpochProgress, Recorder, RunInfo

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config

LINES = 12  # of the table of epochs that stays visible


def recorders(progress: bool | None, config: Config) -> Sequence[Recorder]:
    """The recorders of a run: those of ``record``, and what `progress` (see `dlrun.train`) shows."""
    from dlrun.record.console import Console
    from dlrun.run.run import recorders_of

    beside = recorders_of(config)
    if progress is False:
        return beside or [Recorder()]
    return [Bar() if progress is None and in_notebook() else Console(), *beside]


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return found is not None and hasattr(found, "kernel")


class Bar(Recorder):
    """A bar and the last epochs' metrics, one display that changes; the outcome in its place when the run ends."""

    def __init__(self) -> None:
        from IPython.display import HTML, display

        self._html: Any = HTML
        self._display: Any = display(self._html(""), display_id=True)
        self._rows: list[Mapping[str, Any]] = []
        self._head, self._notes = "", [""]

    def start(self, info: RunInfo) -> None:
        self._info = info
        self._head = f"{info.dataset} {info.data_line}\n{info.model} {info.model_line}\n{info.folder}"
        self._notes = list(info.notes)
        self._show(0.0)

    def step(self, progress: EpochProgress) -> None:
        share = progress.step_in_epoch / progress.steps_in_epoch if progress.steps_in_epoch else 0.0
        self._show(progress.epoch - 1 + share)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        self._rows.append(row)
        self._show(row["epoch"])

    def note(self, text: str) -> None:
        self._notes.append(text)

    def finish(self, result: Mapping[str, Any]) -> None:
        self._show(None, str(result.get("stop_reason", "")))

    def _show(self, epochs: float | None, line: str = "") -> None:
        from html import escape

        names = ["epoch", *self._info.metrics, "seconds"]
        rows = [[row.get(name) for name in names] for row in self._rows[-LINES:]]
        bar = "" if epochs is None else f'<progress max="{self._info.epochs or 1}" value="{epochs:.3f}"></progress>'
        lines = "\n".join(filter(None, [self._head, *self._notes, line]))
        self._display.update(self._html(f"<pre>{escape(lines)}</pre>{bar}{table(names, rows) if rows else ''}"))
