"""Sweeps for tests: planned here, executed by processes that can be killed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from dlrun.record.plan import Plan, load, store
from dlrun.registry import allow
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.make import make_plan
from dlrun.sweep.run import run_sweep
from tests.helpers.forked import Forked
from tests.helpers.forked_workers import CHILDREN, forked_workers, started_by

FAST = ["dataset=digits", "device=cpu", "threads=1", "batch_size=256"]

_DRIVER = "import sys; from tests.sweep.sweeps import drive; sys.exit(drive(*sys.argv[1:]))"


def planned(output: Path, *overrides: str) -> Plan:
    """A stored plan, whose runs go to `output`."""
    plan = make_plan([*FAST, *overrides, f"output_dir={output}"])
    store(plan)
    return plan


def drive(folder: str, options: str, *allowed: str) -> int:
    """Run the plan of this folder with these modules allowed; the exit code."""
    allow(list(allowed))
    return run_sweep(load(Path(folder)), Execution(**json.loads(options)))


def drive_forked(*arguments: str) -> int:
    """As `drive`, with workers that are forked too."""
    with forked_workers():
        return drive(*arguments)


def start(plan: Plan, log: Path, options: str = '{"workers": 2}', *allowed: str) -> Forked:
    """A process that runs a stored plan with these modules allowed; what it prints is appended to `log`.

    It and its workers are forked where torch is loaded: `start_afresh` is for what has to do with that.
    """
    log.touch()
    return Forked(drive_forked, str(plan.folder), options, *allowed, cwd=Path.cwd(), out=str(log), err=str(log),
                  env={CHILDREN: f"{log}.workers"})


def start_afresh(plan: Plan, log: Path, options: str = '{"workers": 2}', *allowed: str) -> subprocess.Popen[bytes]:
    """As `start`, with new interpreters."""
    with log.open("ab") as stream:
        return subprocess.Popen([sys.executable, "-c", _DRIVER, str(plan.folder), options, *allowed], stdout=stream,
                                stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def workers(process: Forked | subprocess.Popen[bytes], log: Path) -> list[int]:
    """The processes that train for a sweep of `start` or `start_afresh`."""
    return [pid for pid in [*children(process.pid), *started_by(process.pid, Path(f"{log}.workers"))] if alive(pid)]


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
