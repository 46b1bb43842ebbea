"""What all pictures drawn with Pillow share: the font, how text gets into them, and how they are saved."""

from __future__ import annotations

import importlib.util
import math
import os
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from dlrun.record.own_file import replacing
from dlrun.record.palette import INK


@lru_cache
def font(size: int) -> Any:
    """DejaVu Sans, which comes with matplotlib and has arrows, Greek and Cyrillic; Pillow's own font has not."""
    from PIL import ImageFont

    spec = importlib.util.find_spec("matplotlib")  # finds the folder, imports nothing
    file = Path(str(spec and spec.origin)).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(file), size) if file.exists() else ImageFont.load_default(size=size + 1)


def save(path: str | os.PathLike[str], image: Any, flat: bool = True) -> None:
    """Write a PNG file, and the folders that it needs; `flat`: it is drawn, or enlarged, and no photograph."""
    with replacing(path) as file:
        if flat:
            file.write(png(image))
        else:
            image.save(file, format="PNG", compress_level=3)  # half the time of the usual 6, a few kilobytes more


_COLOUR = {"L": 0, "RGB": 2}  # PNG's numbers of kinds of pixels


def png(image: Any) -> bytes:
    """A gray or RGB image as a PNG file whose rows are not filtered; raises ValueError for one of another mode.

    Pillow always tries all five filters on each row, which takes twice the time of the compression; flat colours and
    text hardly get smaller by them, as photographs do.
    """
    import numpy as np

    if image.mode not in _COLOUR:
        raise ValueError(f"an image of mode {image.mode} is not drawn here; expected one of {', '.join(_COLOUR)}")
    kind = _COLOUR[image.mode]
    pixels = np.asarray(image).reshape(image.height, -1)
    rows = np.zeros((image.height, pixels.shape[1] + 1), np.uint8)  # a row begins with its filter: 0, none
    rows[:, 1:] = pixels
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, 3)), (b"IEND", b"")))


def write(draw: Any, at: tuple[float, float], text: str, ink: Any, letters: Any, anchor: str = "la") -> None:
    """Draw text as Pillow's `ImageDraw.text` does, pixel by pixel; what was drawn before is not drawn again.

    The pictures of a sweep's jobs have the same names, ticks and many of the same numbers.
    """
    (left, x), (top, y) = (math.modf(value) for value in at)
    mask, right, down = _mask(text, letters, anchor, left, top)
    draw.bitmap((int(x) + right, int(y) + down), mask, ink)


@lru_cache(4096)
def _mask(text: str, letters: Any, anchor: str, left: float, top: float) -> tuple[Any, int, int]:
    """How much of each pixel a text covers that is anchored at (`left`, `top`), below a pixel; where it begins."""
    from PIL import Image, ImageDraw

    x, y, right, below = ImageDraw.Draw(Image.new("L", (1, 1))).textbbox((left, top), text, letters, anchor)
    x, y = min(math.floor(x) - 2, -1), min(math.floor(y) - 2, -1)  # Pillow cuts what begins at negative places
    mask = Image.new("L", (math.ceil(right) + 2 - x, math.ceil(below) + 2 - y), 0)
    ImageDraw.Draw(mask).text((left - x, top - y), text, 255, letters, anchor)
    return mask, x, y


def upright(sheet: Any, text: str, letters: Any, at: tuple[float, float], anchor: str) -> None:
    """Text from bottom to top; `anchor` "mm" centres it, "ma" hangs it below the point."""
    mask = _turned(text, letters)
    x, y = int(at[0] - mask.width / 2), int(at[1] - (mask.height / 2 if anchor == "mm" else 0))
    sheet.paste(INK, (x, y), mask)


@lru_cache(256)
def _turned(text: str, letters: Any) -> Any:
    from PIL import Image, ImageDraw

    height = sum(letters.getmetrics())
    mask = Image.new("L", (int(letters.getlength(text)) + 2, height), 0)
    ImageDraw.Draw(mask).text((1, 0), text, 255, letters)
    return mask.rotate(90, expand=True)
