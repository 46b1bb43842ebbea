"""What all pictures drawn with Pillow share: the font, and how they are saved."""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from dlrun.record.own_file import replacing


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
