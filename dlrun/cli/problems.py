"""A ConfigError as the command line prints it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from dlrun.config.problem import Problem, report
from dlrun.record.terminal import paint, say


def print_problems(problems: Sequence[Problem], stream: TextIO | None = None,
                   after: str = "nothing was started") -> None:
    """Print what was given, what is expected, and the file and line where it stands; to standard error."""
    out = stream or sys.stderr
    say("\n".join(report(problems, after, lambda text: paint(text, "bold", out))), file=out)
