"""The table of epochs on the console: which columns, how wide, and which epochs of a long run get a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.record.words import is_share, metric, metric_name, short_time

LINES = 50  # an epoch a line up to here; longer runs are thinned to about as many lines
_SHORT = {
    "accuracy": "acc", "padded_accuracy": "padded", "reconstruction": "recon", "discriminator_loss": "d loss",
    "generator_loss": "g loss", "real_accuracy": "real", "fake_accuracy": "fake", "mae_in_units": "in units",
    "duplicates": "dup",
}


class Table:
    """Right-aligned columns for the metrics in `keys`, header first; `first` heads the column of epochs (or folds).

    >>> table = Table(["train/loss", "train/accuracy"], epochs=3)
    >>> print(table.head)
    epoch   train loss       acc       time
    >>> print(table.line({"epoch": 1, "seconds": 6.94, "train/loss": 0.24171, "train/accuracy": 0.927}, best=True))
        1       0.2417    92.7 %      6.9 s   best
    """

    def __init__(self, keys: Sequence[str], epochs: int | None, first: str = "epoch"):
        self._epochs = epochs
        self._columns: list[tuple[str, str, int]] = []
        part = ""
        for key in keys:
            short = _SHORT.get(metric_name(key), metric_name(key).replace("_", " "))
            head, part = (short, part) if key.partition("/")[0] == part else (_title(key, short), key.partition("/")[0])
            self._columns.append((key, head, max(len(head), 7 if is_share(key) else 9)))
        self._first = max(5, len(first), len(str(epochs or "")))
        cells = [head.rjust(width) for _, head, width in self._columns]
        self.head = self._join(first.rjust(self._first), [*cells, "time".rjust(8)])

    def line(self, row: Mapping[str, Any], best: bool = False) -> str:
        """One epoch; a metric that the row does not have stays blank."""
        cells = [(metric(key, row[key]) if key in row else "").rjust(width) for key, _, width in self._columns]
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
    part = key.partition("/")[0]
    return f"{part} {short}" if "/" in key else short
