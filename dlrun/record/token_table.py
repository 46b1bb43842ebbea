"""What comes next in a text, as a picture: a line for each place, a cell for each of the most probable tokens."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from dlrun.record.drawing import font, save, write
from dlrun.record.palette import FIRST, INK, LABEL, SHARES

_CELL, _FIRST, _LINE, _GAP = 128, 120, 22, 4


@dataclass(frozen=True)
class Place:
    """A place of a text: the token `after` which the next one stands, the `top` ones with their probabilities, and the
    one that is there (empty where the text ends)."""

    after: str
    top: Sequence[tuple[str, float]]
    there: str = ""


def save_token_table(path: str | os.PathLike[str], places: Sequence[Place]) -> None:
    """A line for each place: the token, then the most probable next ones, the darker the more probable.

    The one that is there has a frame.
    """
    from PIL import Image, ImageDraw

    columns = max(len(place.top) for place in places)
    size = (_FIRST + columns * _CELL + 2 * _GAP, len(places) * _LINE + 2 * _GAP)
    sheet = Image.new("RGB", size, "white")
    draw, letters = ImageDraw.Draw(sheet), font(12)
    for number, place in enumerate(places):
        y = _GAP + number * _LINE
        write(draw, (_GAP + 4, y + 3), _fit(shown(place.after), _FIRST - 12, letters), LABEL, letters)
        for column, (token, share) in enumerate(place.top):
            x = _GAP + _FIRST + column * _CELL
            shade = SHARES[min(len(SHARES) - 1, int(share * len(SHARES)))]
            frame = FIRST if token == place.there else None
            draw.rectangle((x, y, x + _CELL - 4, y + _LINE - 4), shade, frame, 2)
            text = f"{_fit(shown(token), _CELL - 58, letters)}"
            ink = "white" if share >= 0.6 else INK
            write(draw, (x + 6, y + 2), text, ink, letters)
            write(draw, (x + _CELL - 10, y + 2), f"{100 * share:.0f} %", ink, letters, "ra")
    save(path, sheet)


def shown(token: str) -> str:
    """A token whose blanks and line ends can be seen."""
    return token.replace("\n", "\\n").replace("\t", "\\t").replace(" ", "␣")


def _fit(text: str, width: float, letters: object) -> str:
    from PIL.ImageFont import FreeTypeFont

    assert isinstance(letters, FreeTypeFont)
    while text and letters.getlength(text) > width:
        text = text[:-1]
    return text
