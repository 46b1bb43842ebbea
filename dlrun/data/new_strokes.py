"""New drawings as a run's network sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dlrun.data.file_rows import FileRows, NewRows
from dlrun.data.formats.strokes import SUFFIXES, StrokeForm, drawings, padded
from dlrun.data.prepared import Split


def _fits(state: dict[str, Any]) -> bool:
    return "strokes" in state["asked"].get("reading", {})


def _read(state: dict[str, Any], files: Sequence[Path], say: Callable[[str], None]) -> NewRows:
    form = StrokeForm(**state["asked"]["reading"]["strokes"])
    found = [(place, drawing) for place, file in enumerate(files) for drawing in drawings(file)]
    words = [drawing.word for _, drawing in found]
    return NewRows(Split(padded([drawing.steps for _, drawing in found], form), None),
                   [f"{files[place].name}:{drawing.line}" for place, drawing in found],
                   [place for place, _ in found], words if all(words) else None)


ROWS = FileRows("drawings", SUFFIXES, _fits, _read)
