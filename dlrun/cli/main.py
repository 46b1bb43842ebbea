"""The command `dlrun`: a verb goes to its own file, everything else is a Hydra run.  Knows no torch."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from dlrun.cli.route import route

    if argv is None:
        _prepare_streams()
    try:
        return route(arguments)
    finally:
        if argv is None:  # the process ends: what Python would still collect takes a tenth of the time of a refusal
            gc.freeze()


def _prepare_streams() -> None:
    """Make the process's own streams such that nothing printed ends a run.

    A stream that was closed (``>&-``) is nowhere: else the first file that is opened would take its number, and get
    what is printed.  A character that a stream's encoding lacks is written as its escape.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
