"""Picture files as a run's network sees them."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.file_rows import FileRows, NewRows
from dlrun.data.formats.class_folders import SUFFIXES, bytes_of
from dlrun.data.formats.picture_numbers import facts, notes_of, whites
from dlrun.data.formats.pictures import PictureForm, Unreadable, decode, noted
from dlrun.data.prepared import Split
from dlrun.data.preprocessing_state import data_spec


def of_images(state: dict[str, Any], files: Sequence[Path], say: Callable[[str], None] = lambda note: None) -> Split:
    """Pictures, turned and resized as in training; raises ConfigError for one that can't be read.

    Floats and 32-bit integers have the white of the training's pictures; where these had none such, all `files`
    together decide.  `say` gets a note for what is remarkable.
    """
    settings = state["asked"]
    if "channels" not in settings:
        raise problem(str(files[0]), f"this run was trained on {data_spec(state).input_kind} data")
    height, width = settings["size"]
    remarks: Counter[str] = Counter()
    x = np.empty((len(files), settings["channels"], height, width), np.uint8)
    ranges = {}
    for file in files:
        with contextlib.suppress(Unreadable):  # it is said below
            numbers = facts(bytes_of(file)).numbers
            if numbers is not None:
                ranges[str(file)] = numbers
    known = settings.get("reading", {}).get("white", {})
    form = PictureForm(height, width, settings["channels"], settings["crop"], whites(ranges, known))
    for place, file in enumerate(files):
        try:
            picture = decode(bytes_of(file), form)
        except Unreadable as error:
            raise problem(str(file), str(error)) from None
        remarks.update(picture.remarks)
        x[place] = picture.pixels
    for note in (*noted(remarks), *(notes_of(form.white) if ranges else ())):
        say(note)
    levels = settings["levels"]
    if levels == 1:  # pictures that were given as floats
        return Split(x.astype(np.float32) / 255, None)
    # digits are stored in 17 levels, not 256
    return Split(x if levels == 255 else np.rint(x * (levels / 255)).astype(np.uint8), None)


def _fits(state: dict[str, Any]) -> bool:
    return data_spec(state).input_kind == "image"


def _read(state: dict[str, Any], files: Sequence[Path], say: Callable[[str], None]) -> NewRows:
    return NewRows(of_images(state, files, say), list(map(str, files)), list(range(len(files))))


ROWS = FileRows("pictures", SUFFIXES, _fits, _read)
