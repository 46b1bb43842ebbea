"""Text files of cells: encoding, separator and header are found out, ragged lines are named."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem

NAMED = {"tab": "\t", "space": " "}
SAMPLE = 100  # lines that separator and header are found from
EMPTY = frozenset(("", "na", "n/a", "nan", "null", "?"))  # cells without a value, in lower case
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?$")


@dataclass(frozen=True)
class Cells:
    """The cells of a file, stripped: `names` of the columns, `rows`, and the line that each row ends on."""

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    separator: str


def cells(path: Path, separator: str, header: Any) -> Cells:
    """The cells of a text file.  `separator` and `header` may be "auto".

    Raises ConfigError for a file that is no text, has no rows or rows of different lengths.
    """
    text = text_of(path)
    separator = _separator(text) if separator == "auto" else NAMED.get(separator, separator)
    rows, lines = [], []
    try:
        for line, row in _split(text, separator):
            if any(row) or len(row) > 1:
                rows.append(row)
                lines.append(line)
    except csv.Error as error:
        raise problem(str(path), f"line {lines[-1] + 1 if lines else 1} can't be read as a table ({error})") from None
    if not rows:
        raise problem(str(path), "has no rows")
    if header is True or (header == "auto" and _has_header(rows)):
        names = [name or f"column {place}" for place, name in enumerate(rows[0])]
        rows, lines = rows[1:], lines[1:]
    else:
        names = [f"column {place}" for place in range(len(rows[0]))]
    if not rows:
        raise problem(str(path), "has a header but no rows")
    _even(path, names, rows, lines, separator)
    return Cells(names, rows, lines, separator)


def is_number(cell: str) -> bool:
    """Whether a cell is a decimal number, with a point or a comma."""
    return _NUMBER.match(cell) is not None


def text_of(path: Path) -> str:
    """The text of a file, also .gz: UTF-8, UTF-16 with its mark, else Latin-1.  Raises ConfigError for binary data."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise problem(str(path), f"is no whole gzip file ({error})") from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        raise problem(str(path), "expected a text file; this one holds binary data")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # cannot fail; what spreadsheets in Western Europe write


def _split(text: str, separator: str) -> Any:
    """Pairs of line number and stripped cells; blank lines are left out."""
    if separator == " ":
        for line, whole in enumerate(text.splitlines(), 1):
            if whole.strip():
                yield line, whole.split()
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    for row in reader:
        if row:
            yield reader.line_num, [cell.strip() for cell in row]


def _separator(text: str) -> str:
    """The separator by which most of the first lines have one common number (> 1) of cells.

    Among equals a rarer character wins: a comma is also a decimal mark, a space also stands in words and dates.
    """
    head = "\n".join(line for line in text.splitlines()[: SAMPLE + 1] if line.strip())
    best, share = ",", 0.0
    for candidate in ("\t", ";", "|", ",", " "):
        try:
            counts = Counter(len(row) for _, row in _split(head, candidate))
        except csv.Error:
            continue  # an unclosed quote under this separator: not the one
        several = {count: lines for count, lines in counts.items() if count > 1}
        found = max(several.values(), default=0) / max(sum(counts.values()), 1)
        if found > share:
            best, share = candidate, found
    return best


def _has_header(rows: list[list[str]]) -> bool:
    """No number in the first row, and either numbers below it or words that never come again in their column."""
    first, below = rows[0], rows[1:SAMPLE]
    if not below or any(is_number(cell) for cell in first) or not any(first):
        return False
    columns = [[row[place] for row in below if place < len(row)] for place in range(len(first))]
    if any(is_number(cell) for column in columns for cell in column):
        return True
    return len(set(first)) == len(first) and all(
        name not in column for name, column in zip(first, columns) if name
    )


def _even(path: Path, names: list[str], rows: list[list[str]], lines: list[int], separator: str) -> None:
    ragged = [(line, len(row)) for line, row in zip(lines, rows) if len(row) != len(names)]
    if ragged:
        shown = ", ".join(f"line {line} has {count}" for line, count in ragged[:3])
        more = f" and {len(ragged) - 3:,} more" if len(ragged) > 3 else ""
        mark = {"\t": "tab", " ": "space"}.get(separator, separator)
        raise problem(
            str(path), f'expected {len(names)} cells in each line (separator "{mark}"), but {shown}{more}'
        )
