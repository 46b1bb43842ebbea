"""How text stands on a terminal: styles, tables without borders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TextIO

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def has_style(stream: TextIO) -> bool:
    """Whether colours go to this stream: a terminal, and neither NO_COLOR nor a dumb one."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO) -> str:
    """`text` in a style where the stream has styles, else as it is."""
    return f"\033[{_CODES[style]}m{text}\033[0m" if has_style(stream) else text


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = "  ") -> list[str]:
    """Rows as lines with aligned columns, two blanks apart; `right` are the numbers of right-aligned ones."""
    count = max(map(len, rows), default=0)
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(count)]
    lines = []
    for row in rows:
        cells = [f"{cell:>{widths[i]}}" if i in right else f"{cell:{widths[i]}}" for i, cell in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
