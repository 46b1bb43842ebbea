"""The table of epochs on the console: which columns, how wide, and which epochs of a long run get a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.record.metric import Metric
from dlrun.record.quantities import short_time

LINES = 50  # an epoch a line up to here; longer runs are thinned to about as many lines


class EpochTable:
    """Right-aligned columns for `metrics`, by the keys of a row, header first; `first` heads the column of epochs.

    >>> accuracy = Metric("accuracy", share=True, short="acc")
    >>> table = EpochTable({"train/loss": Metric("loss"), "train/accuracy": accuracy}, epochs=3)
    >>> print(table.head)
    epoch   train loss       acc       time
    >>> print(table.line({"epoch": 1, "seconds": 6.94, "train/loss": 0.24171, "train/accuracy": 0.927}, best=True))
        1       0.2417    92.7 %      6.9 s   best
    """

    def __init__(self, metrics: Mapping[str, Metric], epochs: int | None, first: str = "epoch"):
        self._epochs, self._metrics = epochs, metrics
        self._columns: list[tuple[str, str, int]] = []
        split = ""
        for key, metric in metrics.items():
            short = metric.head
            of = key.partition("/")[0]
            head, split = (short, split) if of == split else (_title(key, short), of)
            self._columns.append((key, head, max(len(head), 7 if metric.share else 9)))
        self._first = max(5, len(first), len(str(epochs or "")))
        cells = [head.rjust(width) for _, head, width in self._columns]
        self.head = self._join(first.rjust(self._first), [*cells, "time".rjust(8)])

    def line(self, row: Mapping[str, Any], best: bool = False) -> str:
        """One epoch; a metric that the row does not have stays blank."""
        texts = [(self._metrics[key].text(row[key]) if key in row else "", width) for key, _, width in self._columns]
        cells = [text.rjust(width) for text, width in texts]
        seconds = short_time(row.get("seconds")).rjust(8)
        line = self._join(str(row["epoch"]).rjust(self._first), [*cells, seconds]).rstrip()
        return line + ("   best" if best else "")

    def due(self, epoch: int) -> bool:
        """Whether this epoch gets a line as it ends: every one of up to 50, else every 2nd, 5th, 10th, 20th, ..."""
        return epoch == 1 or epoch % self._stride(epoch) == 0

    def _stride(self, epoch: int) -> int:
        # Without a known end the run is taken to last ten times as long as the lines so far: 50 lines, then every 10th.
        whole = self._epochs or (epoch if epoch <= LINES else 10 * 10 ** (len(str(epoch // LINES)) - 1) * LINES)
        power = 1
        while True:
            for step in (power, 2 * power, 5 * power):
                if whole <= step * LINES:
                    return step
            power *= 10

    @staticmethod
    def _join(first: str, cells: list[str]) -> str:
        return "   ".join([first, *cells])


def _title(key: str, short: str) -> str:
    split = key.partition("/")[0]
    return f"{split} {short}" if "/" in key else short
