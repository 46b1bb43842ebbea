"""Rows that are read when a step needs them: drawn in each pass, or too many to be held in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

Draw = tuple[int, int] | None  # (the run's seed, the number of the pass); None: what is random follows from the row
HELD_BYTES = 2 << 30  # what is held where nothing else is asked for
SOME_BYTES = 64 << 20  # of rows that stand for all
InMemory = Literal["auto", True, False]
Parallel = Literal["", "threads", "processes"]


def is_held(size: int, in_memory: InMemory) -> bool:
    """Whether rows of so many bytes are held in memory."""
    return size <= HELD_BYTES if in_memory == "auto" else bool(in_memory)


class RowReader(Protocol):
    """Rows by their numbers, as often as they are asked for.

    `drawn`: each pass has other rows.  `content` stands for all rows in a hash, `code` for what draws them.
    `parallel` says how several batches may be read at once: not at all, by threads, by processes; `seconds` is what one
    row takes.
    """

    drawn: bool
    content: str
    code: str
    parallel: Parallel
    seconds: float

    def read(self, numbers: np.ndarray, draw: Draw) -> tuple[np.ndarray, np.ndarray | None]:
        """The rows (inputs, targets) of a pass; the same for the same numbers and the same draw, in any process."""
        ...


@dataclass(frozen=True)
class RowStream:
    """The rows of a split by their places in it.

    `numbers` are those of its rows in the reader.  `stored` makes of the reader's inputs what the split would hold;
    `targets` does the same for targets that are drawn (None: a row's target is always the one that the split holds).
    `held`: the split holds the rows of draw None in memory, and only other draws are read.  `fill` stands in for
    missing numbers.
    """

    reader: RowReader
    numbers: np.ndarray
    stored: Callable[[np.ndarray], np.ndarray]
    held: bool
    targets: Callable[[np.ndarray], np.ndarray] | None = None
    fill: np.ndarray | None = None

    def at(self, places: np.ndarray, draw: Draw = None) -> tuple[np.ndarray, np.ndarray | None]:
        """Inputs as the split holds them, and targets where they are drawn."""
        x, y = self.reader.read(self.numbers[places], draw)
        x = self.stored(x)
        if self.fill is not None:
            x = np.where(np.isnan(x), self.fill, x)
        return x, None if self.targets is None or y is None else self.targets(y)

    def select(self, places: np.ndarray) -> RowStream:
        """The stream of some of its rows."""
        return replace(self, numbers=self.numbers[places])

    def scaled(self, scale: Callable[[np.ndarray], np.ndarray]) -> RowStream:
        """The same with drawn targets scaled."""
        before = self.targets
        return self if before is None else replace(self, targets=lambda y: scale(before(y)))


def placeholder(rows: int, one: np.ndarray) -> np.ndarray:
    """Zeros in place of rows that are not held: their number, shape and dtype (of `one`, (1, ...)), without memory."""
    return np.broadcast_to(np.zeros((), one.dtype), (rows, *one.shape[1:]))


def some(rows: int, most: int, row_bytes: int = 0) -> np.ndarray:
    """The places of `most` evenly spaced rows, or of fewer: no more than there are, or than SOME_BYTES hold."""
    count = max(1, min(rows, most, SOME_BYTES // max(1, row_bytes)))
    return np.arange(count, dtype=np.int64) * rows // count
