"""The trials that decide about packs, in a process of their own: who plans a sweep loads no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from dlrun.preflight.preflight import stored
from dlrun.preflight.trials import Way
from dlrun.record.plan import Job
from dlrun.registry import allow, permitted

SECONDS = 300.0  # after which a trial is given up: its data has to be read
_START = ("import os, sys; sys.path[:] = os.environ.pop('DLRUN_SYS_PATH').split(os.pathsep); "
          "from dlrun.sweep.execute.trials import main; sys.exit(main())")


def make_trials(wanted: Sequence[tuple[Way, Job]], say: Callable[[str], None]) -> None:
    """Make these trials, which are kept; one that fails leaves the decision to the rules, and a sentence."""
    trials = "1 trial" if len(wanted) == 1 else f"{len(wanted)} trials"
    say(f"trying how steps are fastest on this machine ({trials}, once)")
    message = {"allow": list(permitted()), "trials": [{"way": way, "config": job.config} for way, job in wanted]}
    path = os.pathsep.join(place or os.getcwd() for place in sys.path)
    try:
        ended = subprocess.run([sys.executable, "-c", _START], input=json.dumps(message), capture_output=True,
                               text=True, errors="replace", timeout=SECONDS, env={**os.environ, "DLRUN_SYS_PATH": path})
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"no trial was made: {error}")
        return
    for line in ended.stdout.splitlines():
        say(line)
    if ended.returncode:
        said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
        say(f"no trial was made: {said[-1].strip()}")


def main() -> int:
    """The process that `make_trials` starts."""
    from dlrun.record.terminal import say
    from dlrun.run.trial import trial_of_command

    message = json.load(sys.stdin)
    allow(message["allow"])
    for wanted in message["trials"]:
        trial_of_command(wanted["way"], stored(wanted["config"]), say)
    return 0
