"""How text stands on a terminal: styles, tables without borders, and nothing that commands the terminal.

Names of columns, rows, classes and files, and results of runs that come from elsewhere, may hold escape sequences,
which move the cursor, rename the window or hide lines.  All that dlrun prints passes through `say` or `printable`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from textwrap import wrap
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

_STYLES = re.compile(rf"(\033\[(?:0|{'|'.join(_CODES.values())})m)")
# Control characters, those that turn the direction of writing around, separators of lines, halves of a character.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """A text on one line that a terminal shows as it is: ``\\x1b`` stands for a control character.

    >>> printable("a\\x1b[2Jb\\n")
    'a\\\\x1b[2Jb\\\\n'
    """
    return _escaped(text).replace("\t", "\\t").replace("\n", "\\n")


def _escaped(text: str) -> str:
    return _COMMANDS.sub(lambda found: ascii(found.group())[1:-1], text)


def say(*values: object, sep: str = " ", end: str = "\n", file: TextIO | None = None, flush: bool = False) -> None:
    """`print` for everything that may hold text from elsewhere.

    Of control characters line feeds, tabs and dlrun's own styles pass, the latter where the stream has styles; for a
    character that its encoding lacks stands ``?``.  A stream that is closed (``>&-``) is none, and nothing is printed.
    """
    stream = sys.stdout if file is None else file
    if stream is not None:
        print(as_printed(sep.join(map(str, values)), stream), end=end, file=stream, flush=flush)


def as_printed(text: str, stream: TextIO, styled: bool | None = None) -> str:
    """`text` as `say` writes it to a stream; `styled` says whether that has styles, where it need not be asked."""
    parts = _STYLES.split(text)
    kept = has_style(stream) if styled is None else styled
    text = "".join(part if place % 2 and kept else _escaped(part) for place, part in enumerate(parts))
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def has_style(stream: TextIO) -> bool:
    """Whether colours go to this stream: a terminal, and neither NO_COLOR nor a dumb one."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def show_cursor() -> None:
    """Show the cursor of the terminal, and begin a line: for a process that ends at once, whatever has hidden it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed and stream.isatty():
            os.write(stream.fileno(), b"\033[?25h\n")
            return


def paint(text: str, style: str, stream: TextIO) -> str:
    """`text` in a style where the stream has styles, else as it is."""
    return f"\033[{_CODES[style]}m{text}\033[0m" if has_style(stream) else text


def room(stream: TextIO) -> int:
    """How many characters a line of the terminal holds; a stream that is none holds lines of any length."""
    return get_terminal_size((120, 24)).columns if stream.isatty() else 10_000


def fitting(line: str, width: int, indent: int) -> list[str]:
    """A line broken between words, what follows indented; one that fits stays as it is, with its blanks."""
    return [line] if len(line) <= width else wrap(line, width, subsequent_indent=" " * indent, break_long_words=False,
                                                  break_on_hyphens=False)


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = "  ") -> list[str]:
    """Rows as lines with aligned columns, two blanks apart; `right` are the numbers of right-aligned ones."""
    rows = [[_on_one_line(cell) for cell in row] for row in rows]
    count = max(map(len, rows), default=0)
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(count)]
    lines = []
    for row in rows:
        cells = [f"{cell:>{widths[i]}}" if i in right else f"{cell:{widths[i]}}" for i, cell in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines


def _on_one_line(cell: str) -> str:
    """`printable`, but for dlrun's own styles."""
    return "".join(part if place % 2 else printable(part) for place, part in enumerate(_STYLES.split(cell)))
