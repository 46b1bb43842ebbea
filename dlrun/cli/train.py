"""A single run: check everything, then (and only where there is something to train) load torch and train."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.record.terminal import say

if TYPE_CHECKING:
    from dlrun.preflight.checked import Checked
    from dlrun.run.run import Outcome


def main(overrides: Sequence[str]) -> int:
    """Check the overrides and train; the exit code."""
    return train(overrides)[0]


def train(overrides: Sequence[str]) -> tuple[int, Checked]:
    """`main`, and the checked command."""
    command = ["dlrun", *overrides]
    if any(text.startswith("debug=") for text in overrides):
        from dlrun.cli.debug import debug, debugged, prepare

        mode = debugged(overrides)
        checked, _ = prepare(mode, overrides)
        return debug(mode, checked, partial(outcome, checked, command)), checked
    from dlrun.preflight.preflight import preflight

    checked = preflight(overrides)
    return start(checked, command), checked


def start(checked: Any, command: Sequence[str]) -> int:
    """Train a checked command; the exit code of what became of it."""
    return outcome(checked, command)[0]


def outcome(checked: Any, command: Sequence[str]) -> tuple[int, Outcome | None]:
    """`start`, and the outcome; None where training could not begin, or failed."""
    from dlrun.config.problem import ConfigError
    from dlrun.record.lock import Busy
    from dlrun.run.cannot_write import CannotWrite
    from dlrun.run.run import run, run_folder, uncollected

    try:
        found = run(checked, command, loading=uncollected)
        return found.exit_code, found
    except ConfigError:
        raise
    except Busy as busy:
        say(f"{busy}; nothing was started", file=sys.stderr)
        return 1, None
    except CannotWrite as cannot:
        say(cannot, file=sys.stderr)
        return 1, None
    except Exception as error:
        _, folder = run_folder(checked.config)
        say(_failure(error, folder.traceback), file=sys.stderr)
        return 1, None


def _failure(error: Exception, written: Path) -> str:
    """What failed and where: the last line of the user's code, if it came from there."""
    frames = traceback.extract_tb(error.__traceback__)
    here = os.getcwd() + os.sep
    own = [frame for frame in frames if frame.filename.startswith(here) and "site-packages" not in frame.filename]
    place = (own or frames)[-1]
    whole = f"\n  the whole traceback: {written}" if os.path.isfile(written) else ""
    return f"failed: {type(error).__name__}: {error}\n  in {place.filename}, line {place.lineno}: {place.line}{whole}"
