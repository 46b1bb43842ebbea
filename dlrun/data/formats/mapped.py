"""Arrays in files (numpy.memmap) that are not held in memory: read row by row."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

from dlrun.data.row_stream import Draw, Parallel, some
from dlrun.data.source import digest

SAMPLED = 4096  # rows that stand for all in a hash


class MappedReader:
    """The rows of an array of a file."""

    parallel: Parallel = "threads"
    drawn, seconds, code = False, 0.0, ""

    def __init__(self, array: np.ndarray):
        self.array = array
        self.content = f"{array.shape} {digest([array[some(len(array), SAMPLED, array[:1].nbytes)]])}"

    def read(self, numbers: np.ndarray, draw: Draw) -> tuple[np.ndarray, None]:
        """The rows; `draw` changes nothing."""
        return np.asarray(self.array[numbers]), None


def is_map(value: Any) -> bool:
    """Whether a value is an array in a mapped file."""
    if not isinstance(value, np.ndarray) or not value.ndim or not len(value):
        return False
    base: Any = value
    while isinstance(base, np.ndarray):  # a view of a map is one too
        base = base.base
    return isinstance(base, mmap.mmap)
