"""One picture file as an array of the size that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlrun.config.problem import problem

if TYPE_CHECKING:
    import numpy as np

_ORIENTATION = 0x0112  # of EXIF


def size_of(size: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of the option `size`.  Raises ConfigError."""
    if len(size) > 2:
        raise problem(f"dataset.size={list(size)}", "expected one number, or [height, width]")
    return size[0], size[-1]


def decode(data: bytes, height: int, width: int, channels: int, crop: int = 0) -> np.ndarray | None:
    """One picture as uint8 (C, height, width), resized bilinearly; None for bytes that are no whole picture.

    `crop` is the side of a square that is cut from its middle before (0: the whole picture).
    """
    import io

    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode.startswith("I;16"):  # 16 bits: a plain conversion would clip at 255
                grey = (np.asarray(picture).astype(np.uint16) >> 8).astype(np.uint8)
                whole = Image.fromarray(grey)
            else:
                whole = picture
            if crop:
                left, top = (whole.width - crop) // 2, (whole.height - crop) // 2
                whole = whole.crop((left, top, left + crop, top + crop))
            whole = whole.convert("RGB" if channels == 3 else "L").resize((width, height), Image.Resampling.BILINEAR)
            array = np.asarray(whole)
    except Exception:  # Pillow's decoders raise anything for a damaged file, down to TypeError and struct.error
        return None
    return array[None] if channels == 1 else array.transpose(2, 0, 1)


def lost_in(data: bytes) -> tuple[bool, str]:
    """What `decode` makes nothing of: whether the file asks to be shown turned, and the range of its numbers ("0 to 1")
    where these are floats or 32-bit integers that bytes do not hold."""
    import io

    import numpy as np
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            turned = picture.getexif().get(_ORIENTATION, 1) not in (0, 1)
            if picture.mode not in ("F", "I"):
                return turned, ""
            numbers = np.asarray(picture)
    except Exception:  # no whole picture: `decode` says so
        return False, ""
    low, high = numbers.min(), numbers.max()
    held = low >= 0 and high <= 255 and (picture.mode == "I" or high > 1 or high == 0)
    return turned, "" if held else f"{low:g} to {high:g}"
