"""What a person sees of a fold while it is trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TextIO

from dlrun.record.epoch_lines import EpochLines
from dlrun.record.recorder import Recorder, RunInfo
from dlrun.record.table import EpochTable


class FoldConsole(EpochLines):
    """The line that lives on a terminal; with verbosity 2 the fold's own table too.

    Its line in the table of folds is the run's to print.  `printed` are notes that the run has printed already.
    `name` is the fold's, or says which are trained side by side; then
    `most` is 1, and no table comes.
    """

    def __init__(self, stream: TextIO, terminal: bool, name: str, after: int, printed: Collection[str],
                 most: int = 2):
        super().__init__(stream, terminal)
        self._name, self._after, self._printed, self._most = name, after, printed, most

    def start(self, info: RunInfo) -> None:
        self._info, self._verbosity = info, min(info.verbosity, self._most)
        self._table = EpochTable(info.metrics, info.epochs)
        if self._verbosity == 0:
            return
        label = f"fold {self._name}" if self._name.isdigit() else self._name
        for text in info.notes:
            if text not in self._printed:
                self._print(f"{label}: {text}")
        if info.resumed_step:
            self._print(f"{label} resumed in epoch {info.first_epoch}, after {info.resumed_step:,} steps")
        if self._terminal:
            from dlrun.record.live import Live

            self._live = Live(self._stream, info, label, self._after)
        if self._verbosity >= 2:
            self._print("")
            self._print(label, "bold")
            self._print(self._table.head, "bold")

    def fold(self, name: str, after: int, together: int = 1) -> Recorder:
        raise TypeError("a fold has no folds")

    def finish(self, result: Mapping[str, Any]) -> None:
        self._stop()
        if self._verbosity >= 2:
            self._rest()
            self._print(f"{result.get('stop_reason')}")
            self._print("")

    def _line(self, row: Mapping[str, Any], best: bool) -> None:
        if self._verbosity >= 2:
            super()._line(row, best)


class FoldBeside(Recorder):
    """A fold that is trained beside the one that is `shown`: its notes are told there."""

    def __init__(self, name: str, shown: Recorder, printed: Collection[str]):
        self._name, self._shown, self._printed = name, shown, printed

    def start(self, info: RunInfo) -> None:
        for text in info.notes:
            if text not in self._printed:
                self.note(text)
        if info.resumed_step:
            self.note(f"resumed in epoch {info.first_epoch}, after {info.resumed_step:,} steps")

    def note(self, text: str) -> None:
        label = f"fold {self._name}" if self._name.isdigit() else self._name
        self._shown.note(f"{label}: {text}")
