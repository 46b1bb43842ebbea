"""metrics.jsonl: one JSON object per epoch, appended; whatever happens, the lines before stay."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlrun.record.folder import plain, write_text
from dlrun.record.own_file import open_own
from dlrun.record.stored import Damaged, read_file


def append(path: str | os.PathLike[str], row: Mapping[str, Any]) -> str:
    """Add one epoch's row and hand it to the operating system, so that it outlives this process; the line.

    Floats are written so that reading gives the same bits; NaN and infinities become null, as JSON has neither.
    """
    line = _line(row)
    with open_own(path, "ab+") as file:
        _mend(file)
        file.write(line.encode())
    return line


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(plain(row), ensure_ascii=False, allow_nan=False) + "\n"


def mend(path: str | os.PathLike[str]) -> None:
    """Take off half a line that a killed process left at the end of a file of JSON lines, if there is a file."""
    if Path(path).is_file():
        with open_own(path, "ab+") as file:
            _mend(file)


def _mend(file: Any) -> None:
    """Half a line that a killed process left must not swallow the next one."""
    if file.tell() == 0 or (file.seek(-1, os.SEEK_END), file.read(1))[1] == b"\n":
        return
    file.seek(0)
    content = file.read()
    whole = content.rfind(b"\n") + 1
    if _parse(content[whole:]) is None:
        file.truncate(whole)
    else:
        file.write(b"\n")


def read(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """All rows in the order they were written; [] where there is no file.

    A last line that was torn (a process killed while it wrote) is left out; any other line that is not a JSON object
    raises Damaged with its number.
    """
    try:
        return read_file(path, _rows)
    except FileNotFoundError:
        return []


def _rows(data: bytes) -> list[dict[str, Any]]:
    *lines, tail = data.split(b"\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        row = _parse(line)
        if row is None:
            raise ValueError(f"line {number} is not a JSON object: {line[:80]!r}")
        if "epoch" not in row:
            raise ValueError(f"line {number} has no epoch: {line[:80]!r}")
        rows.append(row)
    last = _parse(tail)
    rows = rows if last is None else [*rows, last]
    from dlrun.record.older import UNITS, mae_in_units  # a new run reads none

    return [mae_in_units(row) for row in rows] if UNITS in data else rows


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("epoch", 0), int) else None


def write(path: str | os.PathLike[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the file by these rows, in one step; the next result waits until they are on the disk."""
    write_text(path, "".join(map(_line, rows)), sync=False)


class MetricsFile:
    """metrics.jsonl of a run that trains.  Its lines are part of each checkpoint, so that lost ones come back."""

    def __init__(self, path: Path):
        self.path = path
        self._lines: list[str] = []

    def append(self, row: Mapping[str, Any]) -> None:
        """Add one epoch's row; rows that were taken from the file meanwhile come back."""
        size = self.path.stat().st_size if self.path.is_file() else 0
        if size != len(self.text.encode()):
            write_text(self.path, self.text, sync=False)
        self._lines.append(append(self.path, row))

    def rows(self) -> list[dict[str, Any]]:
        """All rows so far, as they are in the file."""
        return [json.loads(line) for line in self._lines]

    @property
    def text(self) -> str:
        """All lines so far."""
        return "".join(self._lines)

    def require(self, epoch: int) -> list[dict[str, Any]]:
        """The rows of the file up to an epoch; raises Damaged where some are missing."""
        rows = [row for row in read(self.path) if row.get("epoch", 0) <= epoch]
        if [row.get("epoch") for row in rows] != list(range(1, epoch + 1)):
            raise Damaged(self.path, f"it has {len(rows)} of the {epoch} rows up to the checkpoint's epoch",
                          "force=true trains the run again")
        return rows

    def restore(self, text: str | None, epoch: int) -> str:
        """Make the file what it was at a checkpoint of so many epochs: `text` are the lines that this holds.

        Rows of later epochs go, as those epochs will be trained again.  Returns what has to be said, which is nothing
        where the file had all its rows.  A checkpoint of an older dlrun has no lines
        (None): then Damaged is raised where rows are missing.
        """
        if text is None:
            self._lines = [_line(row) for row in self.require(epoch)]
            if self.path.exists():
                write_text(self.path, self.text, sync=False)
            return ""
        self._lines = text.splitlines(keepends=True)
        expected = _rows(text.encode())
        wrong = ""
        try:
            found = [row for row in read(self.path) if row.get("epoch", 0) <= epoch]
            if found != expected:
                wrong = f"it had {sum(row in expected for row in found)} of {len(expected)} rows as they were written"
        except Damaged as error:
            wrong = error.wrong
        if expected or self.path.exists():
            write_text(self.path, text, sync=False)
        return f"{self.path.name} was damaged ({wrong}); its rows are restored from the checkpoint" if wrong else ""
