"""Pictures that are made of a finished run, for TensorBoard: it shows them as the run ``<id>/inspect``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dlrun.record.events import EventFile
from dlrun.record.summaries import picture


def add_pictures(folder: Path, pictures: Mapping[str, Path]) -> None:
    """Add PNG files under their tags to the event files of a folder; nothing is written where there are none."""
    if not pictures:
        return
    file = EventFile(folder)
    for tag, path in pictures.items():
        file.event(step=0, summary=picture(tag, path.read_bytes()))
    file.close()
