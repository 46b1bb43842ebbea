"""A confusion matrix as a PNG file, drawn with Pillow: 20 milliseconds, where a plotting library takes 300.

Every job of a sweep draws one; the time is the job's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from dlrun.record.drawing import font, save, upright, write
from dlrun.record.palette import FRAME, INK, SHARES

_WRITTEN = 25  # classes up to which the counts stand in the cells
_NAMED = 50  # names that stand beside one another without overlapping


def save_confusion(path: str | os.PathLike[str], matrix: Any, classes: Sequence[str], counted: str = "rows") -> None:
    """A confusion matrix, (classes, classes) counts: rows are the true classes, columns the predicted ones.

    The colour is the share of the row, so that rare classes are seen; the counts are written up to 25 classes.
    """
    import numpy as np
    from PIL import Image, ImageDraw

    counts = np.asarray(matrix)
    size = len(classes)
    if counts.shape != (size, size):
        raise ValueError(f"{size} classes need a {size} x {size} matrix, not {counts.shape}")
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wide = 40 if counts.max() < 10_000 else 48  # a count has to fit in
    cell = max(wide, 240 // max(size, 1)) if size <= _WRITTEN else max(2, 900 // size)
    side, every = cell * size, max(1, -(-size // _NAMED))
    small, normal, large = font(13 if size <= _WRITTEN else 10), font(15), font(18)
    names = [str(name) for name in classes]  # never cut: the sheet grows with them
    widest = int(max((small.getlength(name) for name in names[::every]), default=0)) + 8
    flat = widest <= cell * every
    left, top, below = 34 + widest, 44, 8 + (20 if flat else widest) + 30
    title = f"accuracy {100 * np.trace(counts) / max(counts.sum(), 1):.2f} % of {int(counts.sum()):,} {counted}"
    width = max(left + side + 130, int(large.getlength(title)) + 20)
    sheet = Image.new("RGB", (width, top + side + below), "white")
    draw = ImageDraw.Draw(sheet)
    tiles = Image.fromarray(_colours(share)).resize((side, side), Image.Resampling.NEAREST)
    sheet.paste(tiles, (left, top))
    draw.rectangle((left - 1, top - 1, left + side, top + side), outline=FRAME)
    write(draw, (max(left + side / 2, large.getlength(title) / 2 + 10), top / 2), title, INK, large, "mm")
    for place in range(0, size, every):
        middle = place * cell + cell / 2
        write(draw, (left - 8, top + middle), names[place], INK, small, "rm")
        if flat:
            write(draw, (left + middle, top + side + 8), names[place], INK, small, "ma")
        else:
            upright(sheet, names[place], small, (left + middle, top + side + 8), "ma")
    write(draw, (left + side / 2, top + side + below - 8), "predicted", INK, normal, "md")
    upright(sheet, "true", normal, (16, top + side / 2), "mm")
    _scale(sheet, left + side + 24, top, side)
    if size <= _WRITTEN:
        for row, column in zip(*np.nonzero(counts), strict=True):  # zeros stay blank: the eye finds the mistakes
            at = (left + column * cell + cell / 2, top + row * cell + cell / 2)
            write(draw, at, str(int(counts[row, column])), "white" if share[row, column] > 0.5 else INK, small, "mm")
    save(path, sheet)


def _colours(share: Any) -> Any:
    """Shares from 0 to 1 as uint8 (..., 3)."""
    import numpy as np

    stops = np.linspace(0, 1, len(SHARES))
    channels = [np.interp(share, stops, [colour[channel] for colour in SHARES]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _scale(sheet: Any, x: int, top: int, side: int) -> None:
    """What the colours mean: a bar from 0 % to 100 %."""
    import numpy as np
    from PIL import Image, ImageDraw

    bar = Image.fromarray(np.repeat(_colours(np.linspace(1, 0, side))[:, None], 18, axis=1))
    sheet.paste(bar, (x, top))
    draw, small = ImageDraw.Draw(sheet), font(13)
    draw.rectangle((x - 1, top - 1, x + 18, top + side), outline=FRAME)
    for part in range(5):
        y = top + side * (1 - part / 4)
        draw.line((x + 18, y, x + 22, y), FRAME)
        write(draw, (x + 26, y), f"{25 * part} %", INK, small, "lm")
    upright(sheet, "share of the true class", font(15), (x + 86, top + side / 2), "mm")
