"""A single run: check everything, then (and only then) load torch and train."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    from dlrun.run.preflight import preflight

    return start(preflight(words), ["dlrun", *words])


def start(checked, command: Sequence[str]) -> int:  # type: ignore[no-untyped-def]
    """Train a checked command; the exit code of what became of it."""
    from dlrun.record.lock import Busy
    from dlrun.run.one import run

    try:
        return run(checked, command).exit_code
    except Busy as busy:
        print(f"{busy}; nothing was started", file=sys.stderr)
        return 1
