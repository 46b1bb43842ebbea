"""Batches of images as PNG files.  Arrays come in as numpy."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from dlrun.record.drawing import font, save, write
from dlrun.record.palette import LABEL, PAPER

_TILE = 96  # pixels: small images are enlarged to about this, whole pixels only, so that 28x28 digits stay crisp
_GAP, _CAPTION = 6, 16


def save_batch(
    path: str | os.PathLike[str], images: Any, labels: Sequence[str] | None = None, columns: int | None = None
) -> None:
    """A grid of `images`, (N, channels, height, width), with a caption under each where `labels` has N texts.

    uint8 is shown as it is.  Floats in [0, 1] are too; in [-1, 1] (tanh) -1 is black; any others are stretched over the
    whole batch, so that brightness compares between its images.  One channel is gray, three are RGB; of any other
    number the first is shown.
    """
    import numpy as np
    from PIL import Image, ImageDraw

    tiles = pixels(np.asarray(images))
    if np.shape(images)[1] != 3:  # all is gray, the captions too: a third of the bytes
        tiles = tiles[..., 0]
    rows, height, width = tiles.shape[:3]
    if labels is not None and len(labels) != rows:
        raise ValueError(f"{rows} images have {len(labels)} labels")
    zoom = max(1, round(_TILE / max(height, width)))
    tiles = tiles.repeat(zoom, axis=1).repeat(zoom, axis=2)
    height, width = height * zoom, width * zoom
    columns = columns or _columns(rows)
    step_x, step_y = width + _GAP, height + _GAP + (_CAPTION if labels is not None else 0)
    size = (columns * step_x + _GAP, -(-rows // columns) * step_y + _GAP)
    sheet = Image.new("RGB" if tiles.ndim == 4 else "L", size, PAPER)
    places = [(_GAP + index % columns * step_x, _GAP + index // columns * step_y) for index in range(rows)]
    drawn = np.array(sheet)
    for tile, (x, y) in zip(tiles, places):
        drawn[y:y + height, x:x + width] = tile
    sheet = Image.fromarray(drawn)
    draw, letters = ImageDraw.Draw(sheet), font(10)
    for label, (x, y) in zip(labels or (), places):
        write(draw, (x + width / 2, y + height + 2), _fit(str(label), width, letters), LABEL, letters, "ma")
    save(path, sheet, flat=zoom > 1)


def _columns(rows: int) -> int:
    """At least as wide as high, and a full last line where a not too wide grid has one: 32 is 8 x 4, 10 is 5 x 2."""
    square = math.isqrt(rows - 1) + 1
    return next((width for width in range(square, 2 * square + 1) if rows % width == 0), square)


def pixels(images: Any) -> Any:
    """uint8 (N, height, width, 3), by the rule of `save_batch`."""
    import numpy as np

    if images.ndim != 4 or images.shape[0] == 0:
        raise ValueError(f"images have the shape (N, channels, height, width), not {images.shape}")
    if images.dtype != np.uint8:
        images = images.astype(np.float32)
        low, high = np.nanmin(images), np.nanmax(images)
        if low < 0 and low >= -1 and high <= 1:
            low, high = -1.0, 1.0
        elif low >= 0 and high <= 1:
            low, high = 0.0, 1.0
        images = np.nan_to_num((images - low) / max(high - low, 1e-12))
        images = (images * 255).round().astype(np.uint8)
    if images.shape[1] != 3:
        images = np.repeat(images[:, :1], 3, axis=1)
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))


@lru_cache(4096)
def _fit(text: str, width: int, letters: Any) -> str:
    if letters.getlength(text) <= width:
        return text
    while text and letters.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
