"""A report over a thousand runs is quick, lean, and knows no torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.report.make import made

PROBE = """
import sys, time
from dlrun.cli.main import main
code = main(sys.argv[1:])
heavy = [n for n in ("torch", "torchvision", "sklearn", "matplotlib", "tensorboard", "pandas") if n in sys.modules]
# Not getrusage: its peak begins with that of the process that started this one.
peak = next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time(), peak, *heavy, file=sys.stderr)
sys.exit(code)
"""


def report(folder: Path, *arguments: str) -> tuple[str, list[str]]:
    """What it prints; the seconds of processor time (a busy machine's clock says nothing), megabytes, heavy modules."""
    command = [sys.executable, "-c", PROBE, "report", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))})
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr.splitlines()[-1].split()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_thousand_runs_are_reported_in_three_seconds_and_300_mb(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    whole = json.dumps({f"model.setting_{k}": 0.0 for k in range(60)})  # as many keys as a real run has
    for number in range(1000):
        made(runs, number + 1, 0.9 + number % 7 / 100, seed=number % 5, optimizer__lr=0.001 * (1 + number // 5),
             **{key.replace(".", "__"): value for key, value in json.loads(whole).items()})
    out, (seconds, megabytes, *heavy) = report(tmp_path)
    assert "1000 runs, 200 rows x seeds 0 to 4" in out and len(out.splitlines()) > 200
    assert not heavy and int(megabytes) < 300
    assert float(seconds) < 3
