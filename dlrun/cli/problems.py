"""ConfigError as the command line prints them: in two columns, what was given and what was expected."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from dlrun.config.problem import Problem
from dlrun.record.terminal import paint


def print_problems(problems: Sequence[Problem], stream: TextIO | None = None,
                   after: str = "nothing was started") -> None:
    """Print what was given, what is expected, and the file and line where it stands; to standard error."""
    out = stream or sys.stderr
    count = f"{len(problems)} problem" + ("" if len(problems) == 1 else "s")
    print(f"{count}, {after}\n", file=out)
    width = min(max((len(_one_line(p.given)) for p in problems), default=0), 34)
    for wrong in problems:
        given = _one_line(wrong.given)
        origin = f"  ({wrong.origin})" if wrong.origin else ""
        expected = f"{wrong.expected}{origin}"
        if len(given) > width:
            print(f"  {paint(given, 'bold', out)}\n  {'':{width}}  {expected}", file=out)
        else:
            print(f"  {paint(given, 'bold', out)}{'':{width - len(given)}}  {expected}", file=out)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:97] + "..."
