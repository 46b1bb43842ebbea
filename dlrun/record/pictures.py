"""Pictures of a run as PNG files: a batch of images, a confusion matrix.  Arrays come in as numpy."""

from __future__ import annotations

import importlib.util
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_TILE = 96  # pixels: small images are enlarged to about this, whole pixels only, so that 28x28 digits stay crisp
_GAP, _CAPTION = 6, 16
_PAPER = "#e6e6e6"  # gray: an image that is white at its border still has a border


def save_batch(
    path: str | os.PathLike[str], images: Any, labels: Sequence[str] | None = None, columns: int | None = None
) -> None:
    """A grid of `images`, (N, channels, height, width), with a caption under each where `labels` has N texts.

    uint8 is shown as it is.  Floats in [0, 1] are too; in [-1, 1] (tanh) -1 is black; any others are stretched over the
    whole batch, so that brightness compares between its images.  One channel is gray, three are RGB; of any other
    number the first is shown.
    """
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    pixels = _pixels(np.asarray(images))
    rows, height, width, _ = pixels.shape
    if labels is not None and len(labels) != rows:
        raise ValueError(f"{rows} images have {len(labels)} labels")
    zoom = max(1, round(_TILE / max(height, width)))
    height, width = height * zoom, width * zoom
    columns = columns or _columns(rows)
    step_x, step_y = width + _GAP, height + _GAP + (_CAPTION if labels is not None else 0)
    sheet = Image.new("RGB", (columns * step_x + _GAP, -(-rows // columns) * step_y + _GAP), _PAPER)
    draw, font = ImageDraw.Draw(sheet), _font(ImageFont)
    for index in range(rows):
        x, y = _GAP + index % columns * step_x, _GAP + index // columns * step_y
        tile = Image.fromarray(pixels[index]).resize((width, height), Image.Resampling.NEAREST)
        sheet.paste(tile, (x, y))
        if labels is not None:
            text = _fit(str(labels[index]), width, font)
            draw.text((x + width / 2, y + height + 2), text, fill="#333333", font=font, anchor="ma")
    _save(path, sheet)


def _columns(rows: int) -> int:
    """At least as wide as high, and a full last line where a not too wide grid has one: 32 is 8 x 4, 10 is 5 x 2."""
    square = math.isqrt(rows - 1) + 1
    return next((width for width in range(square, 2 * square + 1) if rows % width == 0), square)


def _font(fonts: Any) -> Any:
    """DejaVu Sans, which comes with matplotlib and has arrows, Greek and Cyrillic; Pillow's own font has not."""
    spec = importlib.util.find_spec("matplotlib")  # finds the folder, imports nothing
    file = Path(str(spec and spec.origin)).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return fonts.truetype(str(file), 10) if file.exists() else fonts.load_default(size=11)


def _pixels(images: Any) -> Any:
    """uint8 (N, height, width, 3)."""
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


def _fit(text: str, width: int, font: Any) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


def save_confusion(path: str | os.PathLike[str], matrix: Any, classes: Sequence[str]) -> None:
    """A confusion matrix, (classes, classes) counts: rows are the true classes, columns the predicted ones.

    The colour is the share of the row, so that rare classes are seen; the counts are written up to 25 classes.
    """
    import numpy as np
    from matplotlib.figure import Figure

    counts = np.asarray(matrix)
    size = len(classes)
    if counts.shape != (size, size):
        raise ValueError(f"{size} classes want a {size} x {size} matrix, not {counts.shape}")
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    inches = min(14.0, 2.4 + 0.5 * size) if size <= 25 else 10.0
    # A figure of its own, which starts with the Agg canvas: pyplot and what a user draws with it are not touched.
    figure = Figure(figsize=(inches + 0.8, inches), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03, label="share of the true class")
    total = counts.sum()
    axes.set_title(f"accuracy {100 * np.trace(counts) / max(total, 1):.2f} % of {int(total):,} rows")
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    every = max(1, -(-size // 50))  # more than 50 names would overlap
    names = [_short(str(name)) for name in classes[::every]]
    small = 9 if size <= 15 else 7 if size <= 30 else 5
    turned = 0 if max(map(len, names), default=0) <= 3 else 45 if size <= 25 else 90
    axes.set_xticks(range(0, size, every), names, rotation=turned, fontsize=small,
                    ha="right" if turned == 45 else "center", rotation_mode="anchor" if turned == 45 else "default")
    axes.set_yticks(range(0, size, every), names, fontsize=small)
    if size <= 25:
        for row, column in zip(*np.nonzero(counts), strict=True):  # zeros stay blank: the eye finds the mistakes
            axes.text(column, row, f"{int(counts[row, column])}", ha="center", va="center", fontsize=small,
                      color="white" if share[row, column] > 0.5 else "#333333")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", bbox_inches="tight", pad_inches=0.15)


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"


def _save(path: str | os.PathLike[str], image: Any) -> None:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, format="PNG")
