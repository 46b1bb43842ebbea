"""The table of epochs on a terminal or in a file: a line an epoch, and the line that lives below them."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from dlrun.record.metric import Metrics
from dlrun.record.palette import GOOD
from dlrun.record.recorder import EpochProgress, Recorder, RunInfo
from dlrun.record.table import EpochTable
from dlrun.record.terminal import as_printed


class EpochLines(Recorder):
    """Prints the epochs of one training to `stream`; a subclass sets `_info`, `_verbosity` and `_table` in `start`.

    `terminal` says whether a line may live below the table; the stream itself is asked without it.
    """

    _table: EpochTable

    def __init__(self, stream: TextIO | None = None, terminal: bool | None = None):
        self._stream = sys.stdout if stream is None else stream
        self._terminal = self._stream.isatty() if terminal is None else terminal
        self._live: Any = None
        self._info: RunInfo | None = None
        self._verbosity = 1
        self._unseen: dict[int, tuple[Mapping[str, Any], bool]] = {}  # rows that got no line: the last, the best
        self._best: int | None = None
        self._shown = 0  # the epoch of the last line

    def step(self, progress: EpochProgress) -> None:
        if self._live:
            self._live.step(progress)
        if self._info and self._verbosity >= 2:
            of = f"/{progress.steps_in_epoch:,}" if progress.steps_in_epoch else ""
            step = f"step {progress.step_in_epoch:,}{of}"
            numbers = Metrics(self._info.metrics.values()).sentence(progress.values)
            self._print(f"{progress.epoch:5d}   {step}   {numbers}", "dim")

    def work(self, what: str, done: int, of: int) -> None:
        if self._live:
            self._live.work(what, done, of)

    def epoch(self, row: Mapping[str, Any], best: bool) -> None:
        if self._info and self._info.folds:
            return
        if self._live:
            self._live.epoch(row, best)
        number = row["epoch"]
        if best:
            self._best = number
        if self._table.due(number):
            self._line(row, best)
            self._unseen = {k: v for k, v in self._unseen.items() if k == self._best}
        else:
            self._unseen = {k: v for k, v in self._unseen.items() if k == self._best}
            self._unseen[number] = (row, best)

    def note(self, text: str) -> None:
        if self._info is None or self._verbosity:
            self._print(text)

    def close(self) -> None:
        self._stop()

    def _rest(self) -> None:
        """The lines that the last and the best epoch did not get; where those go back that is said."""
        if any(number < self._shown for number in self._unseen) and self._verbosity:
            self._print("the best epoch:" if len(self._unseen) == 1 else "the best epoch, and the last:", "dim")
        for _, (row, best) in sorted(self._unseen.items()):
            self._line(row, best and row["epoch"] == self._best)
        self._unseen = {}

    def _line(self, row: Mapping[str, Any], best: bool) -> None:
        self._shown = row["epoch"]
        if self._verbosity:
            self._print(self._table.line(row, best), GOOD if best else "")

    def _stop(self) -> None:
        if self._live:
            self._live.close()
            self._live = None

    def _print(self, text: str, style: str = "") -> None:
        # A console of another code page (LC_ALL=C, an old Windows one) prints a "?" for "·" and the run goes on.
        text = as_printed(text, self._stream, self._terminal and "NO_COLOR" not in os.environ)
        if self._live:
            self._live.print(text, style)
        else:
            try:
                self._stream.write(text + "\n")
                self._stream.flush()
            except OSError:  # `dlrun | head`, or a full disk: nobody reads any more, and the run goes on
                gone, self._stream = self._stream, open(os.devnull, "w", encoding="utf-8")
                if gone is sys.stdout:  # or the interpreter would complain once more as it ends
                    os.dup2(self._stream.fileno(), sys.stdout.fileno())
