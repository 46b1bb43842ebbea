"""Sweeps for tests: planned here, executed by processes that can be killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from pathlib import Path

from dlrun.record.plan import Plan, store
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.make import make_plan
from dlrun.sweep.run import run_sweep

FAST = ["dataset=digits", "device=cpu", "threads=1", "batch_size=256"]

_DRIVER = """
import json, sys
from pathlib import Path
from dlrun.sweep.run import run_sweep
from dlrun.sweep.execute.options import Execution
from dlrun.record.plan import load
from dlrun.registry import allow
if __name__ == "__main__":
    allow(sys.argv[3:])
    sys.exit(run_sweep(load(Path(sys.argv[1])), Execution(**json.loads(sys.argv[2]))))
"""


def planned(output: Path, *overrides: str) -> Plan:
    """A stored plan, whose runs go to `output`."""
    plan = make_plan([*FAST, *overrides, f"output_dir={output}"])
    store(plan)
    return plan


def start(plan: Plan, log: Path, options: str = '{"workers": 2}', *allowed: str) -> subprocess.Popen[bytes]:
    """A process that runs a stored plan with these modules allowed; what it prints is appended to `log`."""
    with log.open("ab") as stream:
        return subprocess.Popen([sys.executable, "-c", _DRIVER, str(plan.folder), options, *allowed], stdout=stream,
                                stderr=subprocess.STDOUT)


def run_here(plan: Plan, **options: object) -> int:
    """Run a plan in this process, where torch is loaded already: the bits are those of workers (test_inline.py)."""
    return run_sweep(plan, Execution(**{"launcher": "inline", **options}), io.StringIO())  # type: ignore[arg-type]


def children(pid: int) -> list[int]:
    """The processes that a process has started (Linux)."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(child) for child in found]


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def checkpoints(plan: Plan) -> int:
    """When the last checkpoint of any job was written; 0 before the first."""
    found = [plan.run_folder(job) / "checkpoints" / "last.pt" for job in plan.jobs]
    return max((path.stat().st_mtime_ns for path in found if path.exists()), default=0)
