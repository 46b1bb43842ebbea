"""Files of which each is a row, as a run's network sees them: pictures, or sounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats.class_folders import SUFFIXES as PICTURES
from dlrun.data.formats.class_folders import bytes_of
from dlrun.data.formats.picture_file import Unreadable
from dlrun.data.new_pictures import of_images
from dlrun.data.prepared import Split
from dlrun.data.preprocessing_state import data_spec

Say = Callable[[str], None]
SOUNDS = (".wav", ".wave")
SUFFIXES = (*PICTURES, *SOUNDS)


@dataclass(frozen=True)
class FileRows:
    """Files with these `suffixes`, a row each; `read` makes inputs of them.  Raises ConfigError for unreadable ones."""

    noun: str
    suffixes: tuple[str, ...]
    read: Callable[[dict[str, Any], Sequence[Path], Say], Split]


def file_rows(state: dict[str, Any]) -> FileRows | None:
    """How files are read for a run; None where a file is no row of its data."""
    if "sound" in state["asked"].get("reading", {}):
        return FileRows("sounds", SOUNDS, of_sounds)
    return FileRows("pictures", PICTURES, of_images) if data_spec(state).input_kind == "image" else None


def of_sounds(state: dict[str, Any], files: Sequence[Path], say: Say) -> Split:
    """WAV files, resampled and cut as in training; raises ConfigError for one that can't be read."""
    from dlrun.data.formats.sound import SoundForm, decode

    form, found = SoundForm(**state["asked"]["reading"]["sound"]), []
    for file in files:
        try:
            found.append(decode(bytes_of(file), form))
        except Unreadable as error:
            raise problem(str(file), str(error)) from None
    return Split(np.stack(found), None)
