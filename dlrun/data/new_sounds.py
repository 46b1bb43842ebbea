"""Sound files as a run's network sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.file_rows import FileRows, NewRows
from dlrun.data.formats.class_folders import bytes_of
from dlrun.data.formats.picture_file import Unreadable
from dlrun.data.formats.sound import SUFFIXES, SoundForm, decode
from dlrun.data.prepared import Split


def _fits(state: dict[str, Any]) -> bool:
    return "sound" in state["asked"].get("reading", {})


def _read(state: dict[str, Any], files: Sequence[Path], say: Callable[[str], None]) -> NewRows:
    """WAV files, resampled and cut as in training; raises ConfigError for one that can't be read."""
    form, found = SoundForm(**state["asked"]["reading"]["sound"]), []
    for file in files:
        try:
            found.append(decode(bytes_of(file), form))
        except Unreadable as error:
            raise problem(str(file), str(error)) from None
    return NewRows(Split(np.stack(found), None), list(map(str, files)), list(range(len(files))))


ROWS = FileRows("sounds", SUFFIXES, _fits, _read)
