"""A user's picture in its own proportions, as pixels."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.data.formats.class_folders import bytes_of
from dlrun.data.formats.picture_file import Unreadable, opened, turn_of
from dlrun.data.formats.picture_numbers import facts, whites
from dlrun.data.formats.pictures import PictureForm, decode

TRANSPOSING = ("TRANSPOSE", "ROTATE_270", "TRANSVERSE", "ROTATE_90")  # turns that swap height and width


def read_picture(path: Path, side: int, channels: int) -> Tensor:
    """A picture (1, channels, height, width) in [0, 1], upright, its longer side `side` pixels.

    Raises ConfigError for a file that is no picture.
    """
    if path.is_dir():
        raise problem(str(path), "expected a picture; this is a folder")
    try:
        data = bytes_of(path)
        with opened(data) as picture:
            turn = turn_of(picture)
            width, height = picture.size
        if turn is not None and turn.name in TRANSPOSING:
            width, height = height, width
        scale = side / max(height, width)
        numbers = facts(data).numbers
        form = PictureForm(max(1, round(height * scale)), max(1, round(width * scale)), 3 if channels == 3 else 1,
                           white=whites({str(path): numbers}) if numbers is not None else {})
        pixels = decode(data, form).pixels
    except Unreadable as error:
        raise problem(str(path), str(error)) from None
    found = torch.from_numpy(pixels.copy())[None].float() / 255
    return found if channels in (1, 3) else found.expand(-1, channels, -1, -1)
