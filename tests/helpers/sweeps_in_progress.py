"""Sweeps that are stopped while they run: long jobs, what became of each, waiting with the log at hand."""

from __future__ import annotations

import json
import time
from pathlib import Path

from dlrun.record.plan import Plan

LONG = ["model=softmax", "epochs=200", "checkpoint_seconds=0.5"]


def wait_for(happened, log: Path, seconds: float = 100) -> None:
    """Return when `happened()` is true; fail with the log after so many seconds."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def states(plan: Plan) -> list[str]:
    """The status of each job's result, "none" where there is no result yet."""
    found = []
    for job in plan.jobs:
        path = plan.run_folder(job) / "result.json"
        found.append(json.loads(path.read_text())["status"] if path.exists() else "none")
    return found
