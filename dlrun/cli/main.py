"""The command `dlrun`: a verb goes to its own file, everything else is a Hydra run.  Knows no torch."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name) and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    from dlrun.cli.route import route

    try:
        return route(arguments)
    finally:
        if argv is None:  # the process ends: what Python would still collect takes a tenth of the time of a refusal
            gc.freeze()


if __name__ == "__main__":
    sys.exit(main())
