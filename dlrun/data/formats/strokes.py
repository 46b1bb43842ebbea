"""Pen strokes in ndjson files, as QuickDraw has them: a drawing in each line, as steps of the pen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.regular_file import read_inflated
from dlrun.data.formats.json_lines import object_of

SUFFIXES = (".ndjson", ".ndjson.gz")
FEATURES = ("dx", "dy", "pen up")


@dataclass(frozen=True)
class StrokeForm:
    """What a drawing becomes: `length` steps, longer ones cut behind, shorter ones filled up with 0 before or behind
    (`padding`: pre, post)."""

    length: int
    padding: str = "pre"


@dataclass(frozen=True)
class Drawing:
    """The steps (points, 3) of a drawing, its `word` (empty without one), and the line that it stands in."""

    steps: np.ndarray
    word: str
    line: int


def drawings(path: Path, most: int | None = None) -> Iterator[Drawing]:
    """The drawings of a file, also .gz, `most` of them.

    Raises ConfigError, with the line, for what is no drawing: ``{"word": "cat", "drawing": [[xs, ys], ...]}``, a list
    for each stroke; the times of raw drawings, a third list, are left out.
    """
    count = 0
    for line, text in _lines(path):
        if count == most:
            return
        count += 1
        try:
            found = object_of(path, line, text.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise problem(str(path), f"line {line}: expected UTF-8") from None
        word = found.get("word", "")
        if not isinstance(word, str):
            raise problem(str(path), f'line {line}: expected a text in "word"')
        try:
            yield Drawing(steps(found.get("drawing")), word, line)
        except ValueError as error:
            raise problem(str(path), f'line {line}: expected "drawing": [[[x, ...], [y, ...]], ...], the points of '
                                     f"each stroke; {error}") from None
    if not count:
        raise problem(str(path), "has no drawings")


def count(path: Path, most: int | None = None) -> int:
    """So many drawings are in a file, none of which is looked at."""
    lines = sum(1 for _ in _lines(path))
    return lines if most is None else min(lines, most)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, from 1 on."""
    try:
        data = read_inflated(path)
    except ValueError as error:
        raise problem(str(path), str(error)) from None
    yield from ((line, text) for line, text in enumerate(data.split(b"\n"), 1) if text.strip())


def steps(strokes: Any) -> np.ndarray:
    """The steps of a drawing, float32 (points, 3): from the point before along x and y, and 1 where the pen then rises.

    The first step is 0, and the longer side of the drawing is 1 long.  Raises ValueError, with the reason.
    """
    if not isinstance(strokes, list) or not strokes:
        raise ValueError("there are no strokes")
    pieces, ends = [], []
    for number, stroke in enumerate(strokes, 1):
        if not isinstance(stroke, list) or len(stroke) not in (2, 3) or not all(
                isinstance(axis, list) and axis for axis in stroke):
            raise ValueError(f"stroke {number} has no lists of x and y")
        if len({len(axis) for axis in stroke}) > 1:
            raise ValueError(f"stroke {number} has {len(stroke[0]):,} x and {len(stroke[1]):,} y"
                             + (f" and {len(stroke[2]):,} times" if stroke[2:] else ""))
        if not all(type(value) in (int, float) for axis in stroke[:2] for value in axis):
            raise ValueError(f"stroke {number} holds something else than numbers")
        try:
            pieces.append(np.array(stroke[:2], np.float64).T)
        except OverflowError:
            raise ValueError("a number is not finite") from None
        ends.append(len(stroke[0]))
    points = np.concatenate(pieces)
    if not np.isfinite(points).all():
        raise ValueError("a number is not finite")
    side = np.ptp(points, axis=0).max()
    found = np.zeros((len(points), 3), np.float32)
    found[1:, :2] = np.diff(points, axis=0) / (side or 1.0)
    found[np.cumsum(ends) - 1, 2] = 1.0
    return found


def padded(rows: list[np.ndarray], form: StrokeForm) -> np.ndarray:
    """Drawings as a series each, float32 (drawings, 3, length)."""
    x = np.zeros((len(rows), len(FEATURES), form.length), np.float32)
    for place, row in enumerate(rows):
        kept = row[:form.length].T
        if form.padding == "pre":
            x[place, :, form.length - kept.shape[1]:] = kept
        else:
            x[place, :, :kept.shape[1]] = kept
    return x
