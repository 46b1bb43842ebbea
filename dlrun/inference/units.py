"""What is drawn together when rows are resampled: rows, groups of them, blocks of what lies in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dlrun.data.form import Windows

MOST = 1000  # units at most, where rows are alike: more rows are drawn in so many random handfuls


@dataclass(frozen=True)
class Units:
    """The places of the rows of each unit, all rows once; `what` they are, in the plural."""

    what: str
    places: list[np.ndarray]

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True)
class Groups:
    """The name of each row's group, which stands in a `column`."""

    names: Sequence[str]
    column: str


def of_rows(rows: int, seed: int = 0) -> Units:
    """Rows that have nothing to do with one another."""
    if rows <= MOST:
        return Units("rows", list(np.arange(rows)[:, None]))
    order = np.random.default_rng(seed).permutation(rows)
    return Units("rows", [np.sort(handful) for handful in np.array_split(order, MOST)])


def of_groups(names: Sequence[str], column: str) -> Units:
    """Rows of one name belong together: those of a patient, of a day."""
    _, place = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    ends = np.cumsum(np.bincount(place))[:-1]
    return Units(f'groups of "{column}"', np.split(np.argsort(place, kind="stable"), ends))


def of_windows(rows: int, windows: Windows) -> Units:
    """Windows in the order of time: so many stand together that those of two blocks share next to no step."""
    return of_blocks(rows, max(-(-(windows.ahead + 1) // windows.stride), -(-rows // MOST)), "windows")


def of_blocks(rows: int, size: int, of: str) -> Units:
    """`size` rows that follow one another, the last ones fewer."""
    return Units(f"blocks of {size:,} {of}" if size > 1 else of, np.split(np.arange(rows), np.arange(size, rows, size)))
