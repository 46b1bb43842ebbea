"""metrics.jsonl: one JSON object per epoch, appended; whatever happens, the lines before stay."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlrun.record.folder import plain, write_text
from dlrun.record.own_file import open_own


def append(path: str | os.PathLike[str], row: Mapping[str, Any]) -> None:
    """Add one epoch's row and hand it to the operating system, so that it outlives this process.

    Floats are written so that reading gives the same bits; NaN and infinities become null, as JSON has neither.
    """
    line = json.dumps(plain(row), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    with open_own(path, "ab+") as file:
        _mend(file)
        file.write(line)


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
    raises ValueError with its number.
    """
    try:
        *lines, tail = Path(path).read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    rows = []
    for number, line in enumerate(lines, start=1):
        row = _parse(line)
        if row is None:
            raise ValueError(f"{path}, line {number}: not a JSON object: {line[:80]!r}")
        rows.append(row)
    last = _parse(tail)
    return rows if last is None else [*rows, last]


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def write(path: str | os.PathLike[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Replace the file by these rows, in one step."""
    write_text(path, "".join(json.dumps(plain(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows))


def cut_back(path: str | os.PathLike[str], epoch: int) -> None:
    """Keep the rows up to and including `epoch`: what a resumed run will do again must not be there twice."""
    if not Path(path).exists():
        return
    write(path, [row for row in read(path) if row["epoch"] <= epoch])
