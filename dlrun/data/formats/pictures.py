"""One picture file as an array of the size that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlrun.config.problem import problem
from dlrun.data.formats.picture_file import Unreadable, has_several, is_transparent, opened, turn_of
from dlrun.data.formats.picture_numbers import DIM, SIXTEEN, as_bytes

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Decoded", "PictureForm", "Unreadable", "decode", "noted", "size_of"]

TURNED, SEVERAL, TRANSPARENT = "turned", "several", "transparent"
_TEXTS = {
    TURNED: "pictures are turned as their EXIF orientation says",
    SEVERAL: "files hold several pictures (an animation, pages); the first of each is read",
    TRANSPARENT: "pictures have transparent parts; these are read in the colours that are stored below",
    DIM: "pictures of 16 bits are dark: white is 65,535, and none of their numbers reaches 8,192",
}


@dataclass(frozen=True)
class PictureForm:
    """What pictures become: uint8 (channels, height, width), resized bilinearly.

    `crop` is the side of a square that is cut from the middle before (0: the whole picture), `white` the number that
    is white in pictures of floats and of 32 bits, by kind of number (`picture_numbers.whites`).
    """

    height: int
    width: int
    channels: int
    crop: int = 0
    white: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Decoded:
    """A picture, and what is remarkable about its file."""

    pixels: np.ndarray
    remarks: frozenset[str]


def size_of(size: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of the option `size`.  Raises ConfigError."""
    if len(size) > 2:
        raise problem(f"dataset.size={list(size)}", "expected one number, or [height, width]")
    return size[0], size[-1]


def decode(data: bytes, form: PictureForm) -> Decoded:
    """One picture, upright as its EXIF orientation says.  Raises Unreadable for bytes that are no whole picture."""
    import numpy as np
    from PIL import Image

    with opened(data) as picture:
        picture.load()
        turn = turn_of(picture)  # after loading: Pillow itself turns TIFF files, and has then no orientation left
        whole, remarks = as_bytes(picture, form.white)
        if turn is not None:
            whole = whole.transpose(turn)
            remarks |= {TURNED}
        if is_transparent(picture):
            remarks |= {TRANSPARENT}
        if form.crop:
            left, top = (whole.width - form.crop) // 2, (whole.height - form.crop) // 2
            whole = whole.crop((left, top, left + form.crop, top + form.crop))
        whole = whole.convert("RGB" if form.channels == 3 else "L")
        array = np.asarray(whole.resize((form.width, form.height), Image.Resampling.BILINEAR))
        if has_several(picture):
            remarks |= {SEVERAL}
    return Decoded(array[None] if form.channels == 1 else array.transpose(2, 0, 1), frozenset(remarks))


def noted(remarks: Mapping[str, int]) -> list[str]:
    """Sentences about so many pictures with a remark; dark ones are worth one where no picture of 16 bits is bright."""
    dark = remarks.get(DIM, 0) == remarks.get(SIXTEEN, 0)
    return [f"{count:,} {_TEXTS[remark]}" for remark, count in sorted(remarks.items())
            if remark in _TEXTS and (remark != DIM or dark)]
