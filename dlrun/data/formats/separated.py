"""Text files of cells: encoding, separator and header are found out, ragged lines are named."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dlrun.config.problem import problem
from dlrun.config.regular_file import read_inflated
from dlrun.data.formats import header as headers
from dlrun.data.formats.reading import Header

NAMED = {"tab": "\t", "space": " "}
SAMPLE = 100  # lines that separator and header are found from


@dataclass(frozen=True)
class Cells:
    """The cells of a file, stripped: `names` of the columns, `rows`, and the line that each row ends on.

    `named` says that the names stand in the file; `new_header` that they are a header with numbers in it.  Of a file
    that knows what its columns hold, `texts` are the places of those of texts, whatever the texts look like, `unusable`
    says of others, by name, what they hold that is no cell, and `file` what the file is ("a Parquet file").  `unit` is
    what `lines` count.
    """

    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    separator: str
    named: bool = True
    new_header: bool = False
    notes: tuple[str, ...] = ()
    texts: frozenset[int] = frozenset()
    unusable: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    unit: str = "line"


def cells(path: Path, separator: str, header: Header, expected: Collection[str] = ()) -> Cells:
    """The cells of a text file.  `separator` and `header` may be "auto"; a first line with all `expected` is a header.

    Raises ConfigError for a file that is no text, has no rows or rows of different lengths.
    """
    notes: list[str] = []
    text = text_of(path, notes)
    if "\0" in text:
        raise problem(str(path), f"line {text[: text.index(chr(0))].count(chr(10)) + 1}: expected text; this is binary "
                                 "data")
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
    if any("\n" in cell for cell in rows[-1]) and _is_open(text, separator):
        raise problem(str(path), f"the quotation mark that opens in line {lines[-2] + 1 if lines[1:] else 1} is never "
                                 "closed")
    new = False
    if header == "auto":
        if expected and set(expected) <= set(rows[0]):
            header = True
        else:
            header, new, note = headers.find(path, rows[:SAMPLE], lines[0])
            notes += [note] if note else []
    if header is True:
        names = [name or f"column {place}" for place, name in enumerate(rows[0])]
        rows, lines = rows[1:], lines[1:]
    else:
        names = [f"column {place}" for place in range(len(rows[0]))]
    if not rows:
        raise problem(str(path), "has a header but no rows")
    _even(path, names, rows, lines, separator)
    return Cells(names, rows, lines, separator, header is True, new, tuple(notes))


def text_of(path: Path, notes: list[str] | None = None) -> str:
    """The text of a file, also .gz: UTF-8, UTF-16 with its mark, else Latin-1, which is said in `notes`.

    Raises ConfigError for binary data, for UTF-8 with broken bytes, and for a .gz that is damaged or far too large.
    """
    try:
        data = read_inflated(path)
    except ValueError as error:
        raise problem(str(path), str(error)) from None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise problem(str(path), f"byte {error.start + 1} is no UTF-16, which the file's first bytes promise"
                          ) from None
    if b"\0" in data[:4096]:
        raise problem(str(path), "expected a text file; this one holds binary data")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = error.start - data.rfind(b"\n", 0, error.start)
        first = f"line {line}, byte {byte} (0x{data[error.start]:02x})"
        marks = [mark for mark in data.decode("utf-8", "surrogateescape") if ord(mark) > 127]
        broken = sum("\udc80" <= mark <= "\udcff" for mark in marks)
        if 2 * broken < len(marks):  # texts in Latin-1 hardly ever hold what UTF-8 makes of a letter
            raise problem(str(path), f"{first} is damaged: the file's other letters are UTF-8") from None
        if notes is not None:
            notes.append(f"{path.name}: read as Latin-1, since {first} is no UTF-8")
        return data.decode("latin-1")  # cannot fail; what spreadsheets in Western Europe write


def lines_of(text: str) -> list[str]:
    """The lines of a text file; a form feed, or a mark that Unicode knows between lines, stands within one."""
    text = text.replace("\r\n", "\n")
    return (text if "\n" in text else text.replace("\r", "\n")).split("\n")


def _is_open(text: str, separator: str) -> bool:
    """Whether a cell in quotation marks goes on to the end of the file."""
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _split(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
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


def _even(path: Path, names: list[str], rows: list[list[str]], lines: list[int], separator: str) -> None:
    ragged = [(line, len(row)) for line, row in zip(lines, rows) if len(row) != len(names)]
    if ragged:
        shown = ", ".join(f"line {line} has {count}" for line, count in ragged[:3])
        more = f" and {len(ragged) - 3:,} more" if len(ragged) > 3 else ""
        mark = {"\t": "tab", " ": "space"}.get(separator, separator)
        raise problem(
            str(path), f'expected {len(names)} cells in each line (separator "{mark}"), but {shown}{more}'
        )
