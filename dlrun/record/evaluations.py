"""evaluations.jsonl: what a finished run measured on other rows later, a line each, with its own checksum.

It is none of the files that the run wrote: its result, and what reports read of it, stay as they are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlrun.record import digest, metrics
from dlrun.record.folder import plain
from dlrun.record.stored import mapping, read_file

FILE = "evaluations.jsonl"


def append(folder: str | os.PathLike[str], row: Mapping[str, Any]) -> Path:
    """Add a row to the file in a folder; where it lies.  Raises OSError where it can't be written."""
    path = Path(folder, FILE)
    metrics.append(path, digest.sealed(plain(row)))
    return path


def read(folder: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """All rows in the order they were added; [] where there are none.  Raises Damaged for one that was changed.

    A last line that a killed process left half is left out.
    """
    try:
        return read_file(Path(folder, FILE), _rows)
    except FileNotFoundError:
        return []


def _rows(data: bytes) -> list[dict[str, Any]]:
    *lines, _ = data.split(b"\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(digest.unsealed(mapping(line)))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return rows
