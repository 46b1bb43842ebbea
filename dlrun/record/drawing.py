"""What all pictures drawn with Pillow share: the font, and how they are saved."""

from __future__ import annotations

import importlib.util
import os
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


def save(path: str | os.PathLike[str], image: Any) -> None:
    """Write a PNG file, and the folders that it needs."""
    with replacing(path) as file:
        image.save(file, format="PNG", compress_level=3)  # half the time of the usual 6 for a few kilobytes more


def upright(sheet: Any, text: str, letters: Any, at: tuple[float, float], anchor: str) -> None:
    """Text from bottom to top; `anchor` "mm" centres it, "ma" hangs it below the point."""
    from PIL import Image, ImageDraw

    height = sum(letters.getmetrics())
    mask = Image.new("L", (int(letters.getlength(text)) + 2, height), 0)
    ImageDraw.Draw(mask).text((1, 0), text, 255, letters)
    mask = mask.rotate(90, expand=True)
    x, y = int(at[0] - mask.width / 2), int(at[1] - (mask.height / 2 if anchor == "mm" else 0))
    sheet.paste(INK, (x, y), mask)
