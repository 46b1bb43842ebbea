"""Pictures side by side on one sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from dlrun.record.drawing import save
from dlrun.record.pictures import save_batch

Item = TypeVar("Item")
WIDE = 1_000  # pixels of a sheet, about


def interleaved(*groups: Iterable[Item]) -> list[Item]:
    """The first of each group, then the second of each.

    >>> interleaved(["a", "b"], ["x", "y"])
    ['a', 'x', 'b', 'y']
    """
    return [item for items in zip(*groups) for item in items]


def save_picture(path: Path, picture: np.ndarray) -> None:
    """A picture uint8 (3, height, width) as it is."""
    from PIL import Image

    save(path, Image.fromarray(np.ascontiguousarray(picture.transpose(1, 2, 0))), flat=False)


def save_sheet(path: Path, pictures: Sequence[np.ndarray] | np.ndarray, labels: Sequence[str] | None = None,
               pairs: bool = False, columns: int | None = None) -> None:
    """Pictures uint8 (3, height, width) as a grid, about WIDE pixels wide without `columns`; with `pairs` two stay
    together."""
    sheet = np.stack(list(pictures))
    if columns is None:
        columns = max(1, min(len(sheet), round(WIDE / max(sheet.shape[-1], 96))))
        if pairs:
            columns = max(2, columns - columns % 2)
    save_batch(path, sheet, labels, columns)
