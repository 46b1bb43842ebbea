"""Drawings in .npz files of sketch-rnn (QuickDraw's): arrays of objects, read without running what they may name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats import object_arrays

SUFFIX = ".npz"
SPLITS = {"train": "train", "valid": "val", "test": "test"}  # as the files call them, and as dlrun does
MOST = 10_000  # points of a drawing


def splits(path: Path, most: int | None = None) -> dict[str, list[np.ndarray]]:
    """The steps (points, 3) of the drawings of each split of a file, `most` of each; as `strokes.steps` has them.

    A drawing is an array of integers (points, 3): how far the pen has moved, and 1 where it then rises.  Raises
    ConfigError for a file that is damaged, has no training drawings or holds anything else.
    """
    found = object_arrays.arrays(path, str(path))
    if "train" not in found:
        raise problem(str(path), f"expected arrays train, valid and test, as sketch-rnn has them; there are "
                                 f"{', '.join(found) or 'none'}")
    made = {}
    for name, split in SPLITS.items():
        if name in found:
            try:
                made[split] = [_steps(row, place) for place, row in enumerate(found[name][:most])]
            except ValueError as error:
                raise problem(str(path), f"{name}: {error}") from None
    if not made["train"]:
        raise problem(str(path), "has no drawings in train")
    return {split: rows for split, rows in made.items() if rows}


def _steps(row: object, place: int) -> np.ndarray:
    if not isinstance(row, np.ndarray) or row.dtype.kind != "i" or row.ndim != 2 or row.shape[1] != 3 or not len(row):
        raise ValueError(f"drawing {place} is no array of integers (points, 3)")
    if len(row) > MOST:
        raise ValueError(f"drawing {place} has {len(row):,} points; expected {MOST:,} at most")
    if not np.isin(row[:, 2], (0, 1)).all():
        raise ValueError(f"drawing {place} has something else than 0 and 1 for the pen")
    moves = row[:, :2].astype(np.float64)
    moves[0] = 0
    side = np.ptp(moves.cumsum(0), axis=0).max()
    found = np.empty((len(row), 3), np.float32)
    found[:, :2] = moves / (side or 1.0)
    found[:, 2] = row[:, 2]
    found[-1, 2] = 1.0
    return found
