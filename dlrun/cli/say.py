"""How the command line speaks: problems in two columns, tables without borders."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from dlrun.config.problem import Problem


def say_problems(problems: Sequence[Problem], stream: TextIO | None = None, after: str = "nothing was started") -> None:
    """Print problems as in: what was said, what is wanted, where it stands if in a file."""
    out = stream or sys.stderr
    count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
    print(f"{count}, {after}\n", file=out)
    width = min(max((len(_one_line(p.said)) for p in problems), default=0), 34)
    for problem in problems:
        said = _one_line(problem.said)
        origin = f"  ({problem.origin})" if problem.origin else ""
        wanted = f"{problem.wanted}{origin}"
        if len(said) > width:
            print(f"  {paint(said, 'bold', out)}\n  {'':{width}}  {wanted}", file=out)
        else:
            print(f"  {paint(said, 'bold', out)}{'':{width - len(said)}}  {wanted}", file=out)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:97] + "..."


_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def paint(text: str, style: str, stream: TextIO) -> str:
    """`text` in a style where the stream is a terminal (and NO_COLOR is not set), else as it is."""
    import os

    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{_CODES[style]}m{text}\033[0m"


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = (), indent: str = "  ") -> list[str]:
    """Rows as lines with aligned columns, two blanks apart; `right` are the numbers of right-aligned ones."""
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(max(map(len, rows)))]
    lines = []
    for row in rows:
        cells = [f"{cell:>{widths[i]}}" if i in right else f"{cell:{widths[i]}}" for i, cell in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines
