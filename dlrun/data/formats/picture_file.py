"""A picture file, opened: whether it is one, how it is turned, what else it holds."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image, Transpose

# Formats that Pillow reads by itself; it would hand others to programs of this machine (EPS to Ghostscript).
_COMMON = ("JPEG", "PNG", "GIF", "BMP", "DIB", "PPM")
_FURTHER = ("TIFF", "WEBP", "AVIF", "JPEG2000", "TGA", "PCX", "ICO")
_ORIENTATION = 0x0112  # of EXIF


class Unreadable(Exception):
    """Why bytes give no picture, as the end of a sentence."""


@contextlib.contextmanager
def opened(data: bytes) -> Iterator[Image]:
    """The picture of these bytes, not yet loaded.  Raises Unreadable, also for what fails inside the block."""
    from PIL.Image import MAX_IMAGE_PIXELS, DecompressionBombError

    if not data:
        raise Unreadable("the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow: of odd metadata, of large pictures that are read all the same
            with _open(data) as picture:
                yield picture
    except Unreadable:
        raise
    except DecompressionBombError:
        raise Unreadable(f"it has more than {2 * (MAX_IMAGE_PIXELS or 0):,} pixels") from None
    except Exception as error:  # Pillow raises anything for a damaged file, down to TypeError and struct.error
        raise Unreadable(f"it is damaged ({(str(error) or type(error).__name__).splitlines()[0]})") from None


def turn_of(picture: Image) -> Transpose | None:
    """How a picture is turned to stand as its EXIF (or XMP) orientation says; None for one that stands so."""
    from PIL.Image import Transpose

    turns = {2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM,
             5: Transpose.TRANSPOSE, 6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_90}
    try:
        return turns.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # metadata is damaged more often than pictures are
        return None


def is_transparent(picture: Image) -> bool:
    """Whether any pixel is not opaque."""
    if "A" in picture.getbands():
        alpha = picture.getchannel("A")
    elif "transparency" in picture.info and picture.mode in ("1", "L", "P", "RGB"):
        alpha = picture.convert("RGBA").getchannel("A")
    else:
        return False
    lowest: float = alpha.getextrema()[0]  # type: ignore[assignment]  # one band: a pair of numbers
    return lowest < 255


def has_several(picture: Image) -> bool:
    """Whether a file holds further frames or pages; the second picture of a camera's MPO is the first, smaller."""
    try:
        return picture.format != "MPO" and bool(getattr(picture, "is_animated", False))
    except Exception:  # what follows the first is damaged
        return False


def _open(data: bytes) -> Image:
    from PIL import Image, UnidentifiedImageError

    _silence()
    for formats in (lambda: _COMMON, _further):
        with contextlib.suppress(UnidentifiedImageError):
            return Image.open(io.BytesIO(data), formats=formats())
    raise Unreadable("it is not recognised as a picture")


@functools.cache
def _silence() -> None:
    """What is wrong with a file is said by Pillow's exceptions, not by its logger too."""
    import logging

    logging.getLogger("PIL").addHandler(logging.NullHandler())


@functools.cache
def _further() -> tuple[str, ...]:
    from PIL import Image

    Image.init()
    return tuple(name for name in _FURTHER if name in Image.OPEN)
