"""The test rows that are measured: all of them, or some, one of each of as many stretches."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np

from dlrun.config.seeds import derive_seed
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.split import test_rows


def subsample(prepared: PreparedData, size: int | None) -> PreparedData:
    """The same splits with `size` of the test rows (None: all), whose hash says so.

    They are drawn, one of each of `size` stretches of equal length: files that are ordered by class keep their classes,
    and rows that take turns, or windows whose hours come again, are not met at one place of their round alone.  The
    draw is the same for every seed.  Raises ConfigError.
    """
    test = prepared.test
    if size is None:
        return prepared
    test_rows(0 if test is None else len(test), size)
    assert test is not None
    ends = np.arange(size + 1) * len(test) // size
    draws = np.random.RandomState(np.random.MT19937(derive_seed(0, "test_size")))
    kept = ends[:-1] + (draws.random_sample(size) * np.diff(ends)).astype(np.int64)
    sha = hashlib.sha256(f"{prepared.hash};test_size={size}, drawn".encode()).hexdigest()
    return dataclasses.replace(prepared, test=_rows(test, kept), hash=sha)


def _rows(split: Split, kept: np.ndarray) -> Split:
    y = None if split.y is None else split.y[kept]
    if split.groups is not None:
        split = dataclasses.replace(split, groups=split.groups[kept])
    if split.digests is not None:
        split = dataclasses.replace(split, digests=split.digests[kept])
    if split.rows is not None:
        return dataclasses.replace(split, y=y, rows=split.rows[kept])
    if not split.held:
        assert split.stream is not None
        return dataclasses.replace(split, x=split.x[:len(kept)], y=y, stream=split.stream.select(kept))
    return dataclasses.replace(split, x=split.x[kept], y=y)
