"""Pictures whose numbers are no bytes: which number of theirs is white.

16 bits say it by their type.  Floats and 32-bit integers do not: all files of a data set together decide.  Floats in
[0, 1] have 1 as white; numbers that use most of a 32-bit type have its largest; numbers from 0 to 255 are bytes in
another form.  Everything else is ambiguous, and refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.data.formats.picture_file import Unreadable, opened, turn_of

if TYPE_CHECKING:
    from PIL.Image import Image

SIXTEEN, DIM = "sixteen", "dim"  # remarks: 16 bits per number, of which little is used
LARGEST = {"uint16": 2**16 - 1, "int16": 2**15 - 1, "uint32": 2**32 - 1, "int32": 2**31 - 1}
_DIM = 2**13  # a picture of 16 bits with smaller numbers is nearly black: it holds 12 bits, or photon counts
_TURNS = (b"Exif", b"eXIf", b"EXIF", b"exif", b"Orientation", b"adobe.xmp")  # one of these is in each that is turned
_BYTES_ONLY = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM", b"RIFF")  # formats without floats and 32-bit integers


@dataclass(frozen=True)
class NumberRange:
    """The numbers of a picture of floats or 32-bit integers; `kind` is "float" or a type of LARGEST."""

    kind: str
    low: float
    high: float


@dataclass(frozen=True)
class PictureFacts:
    """What decides how a file is read: whether it is turned, and the numbers of one that has no bytes."""

    turned: bool = False
    numbers: NumberRange | None = None


def facts(data: bytes) -> PictureFacts:
    """What a file is read by; of most nothing but the header is looked at.  An unreadable one has no facts."""
    import numpy as np

    if data.startswith(_BYTES_ONLY) and not any(word in data for word in _TURNS):
        return PictureFacts()
    try:
        with opened(data) as picture:
            if picture.format == "TIFF":
                picture.load()  # Pillow turns it by itself
            turned, kind = turn_of(picture) is not None, _kind(picture)
            if not kind:
                return PictureFacts(turned)
            numbers = _numbers(picture, kind)
            if not np.isfinite(numbers).all():
                return PictureFacts(turned, NumberRange(kind, float("nan"), float("nan")))
            return PictureFacts(turned, NumberRange(kind, float(numbers.min()), float(numbers.max())))
    except Unreadable:
        return PictureFacts()


def whites(ranges: Mapping[str, NumberRange], known: Mapping[str, float] | None = None) -> dict[str, float]:
    """The number that is white, by kind of number, for files of these ranges; `known` are decided already.

    Raises ConfigError that names the first file whose numbers are ambiguous.
    """
    found = dict(known or {})
    for kind in dict.fromkeys(numbers.kind for numbers in ranges.values()):
        of_kind = {name: numbers for name, numbers in ranges.items() if numbers.kind == kind}
        if kind not in found:
            found[kind] = _white(kind, max(numbers.high for numbers in of_kind.values()))
        for name, numbers in of_kind.items():
            if not _fits(numbers, found[kind]):
                raise problem(name, _why(numbers, found[kind]))
    return found


def notes_of(white: Mapping[str, float]) -> list[str]:
    """What is said of numbers that are scaled."""
    names = {"float": "floats", "uint16": "16 bits", "int16": "16 bits with a sign", "uint32": "32 bits",
             "int32": "32 bits with a sign"}
    return [f"pictures of {names[kind]} are scaled: {value:,.0f} is white"
            for kind, value in sorted(white.items()) if value != 255]


def as_bytes(picture: Image, white: Mapping[str, float]) -> tuple[Image, set[str]]:
    """A loaded picture with its numbers as bytes, and what is to be said of it; raises Unreadable for numbers of which
    nobody knows what is white."""
    import numpy as np
    from PIL import Image

    if _is_sixteen(picture):  # a plain conversion would clip at 255
        wide = np.asarray(picture).astype(np.uint16)
        remarks = {SIXTEEN, DIM} if 0 < wide.max() < _DIM else {SIXTEEN} if wide.any() else set()
        return Image.fromarray((wide >> 8).astype(np.uint8)), remarks
    kind = _kind(picture)
    if not kind:
        return picture, set()
    numbers = _numbers(picture, kind)
    top = white.get(kind, 255.0)
    low, high = numbers.min(), numbers.max()
    if not _fits(NumberRange(kind, float(low), float(high)), top):
        raise Unreadable(_why(NumberRange(kind, float(low), float(high)), top))
    if top == 255:
        stored = numbers.astype(np.uint8)
    elif kind == "float":
        stored = np.rint(numbers * 255).astype(np.uint8)
    else:
        stored = (numbers // ((LARGEST[kind] + 1) // 256)).astype(np.uint8)
    return Image.fromarray(stored), set()


def _is_sixteen(picture: Image) -> bool:
    return picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PNG")  # older Pillows say I


def _kind(picture: Image) -> str:
    """The kind of a picture's numbers; empty for bytes and for plain 16 bits."""
    if picture.mode == "F":
        return "float"
    if picture.mode != "I" or _is_sixteen(picture):
        return ""
    if picture.format == "PPM":  # Pillow stretches what the file says is its largest number to 65535
        return "uint16"
    tags: Any = getattr(picture, "tag_v2", {})
    bits, sample = tags.get(258, (32,))[0], tags.get(339, (1,))[0]
    return f"{'int' if sample == 2 else 'uint'}{bits}"


def _numbers(picture: Image, kind: str) -> Any:
    import numpy as np

    numbers = np.asarray(picture)
    return numbers.view(np.uint32) if kind == "uint32" else numbers


def _white(kind: str, high: float) -> float:
    if kind == "float":
        return 1.0 if 0 < high <= 1 else 255.0
    if kind == "uint16":
        return LARGEST[kind]
    return LARGEST[kind] if high > LARGEST[kind] / 2 else 255.0


def _fits(numbers: NumberRange, white: float) -> bool:
    """Whether numbers lie in their range; floats up to 1 where 255 is white are those of another picture."""
    dim = numbers.kind == "float" and white != 1 and 0 < numbers.high <= 1
    return 0 <= numbers.low and numbers.high <= white and not dim


def _why(numbers: NumberRange, white: float) -> str:
    if numbers.low != numbers.low:
        return "its numbers are not all finite; expected floats from 0 to 1, or from 0 to 255"
    found = f"its numbers are {numbers.low:g} to {numbers.high:g}"
    if numbers.kind == "float":
        ranges = "floats from 0 to 1 in every picture, or from 0 to 255 in every picture"
        return f"{found}; expected {ranges if white != 1 else 'floats from 0 to 1, as in the others'}"
    return f"{found}; expected 0 to 255, or most of 0 to {LARGEST[numbers.kind]:,}, or a 16-bit PNG or TIFF"
