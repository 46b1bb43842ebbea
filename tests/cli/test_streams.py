"""Odd streams: closed, full, of another encoding, without a reader."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dlrun as package
from tests.helpers.forked import Forked, dlrun

RUN = "dataset=digits model=dense epochs=1 max_steps=2 train_size=64 threads=1 device=cpu"


def shell(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess:
    """A line of the shell in a folder; ``dlrun`` in it is this dlrun."""
    where = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), **environment}
    return subprocess.run(["sh", "-c", line.replace("dlrun ", f"{sys.executable} -m dlrun ")], cwd=folder, env=where,
                          capture_output=True, text=True, timeout=120)


def test_a_run_whose_output_is_closed_trains(tmp_path: Path):
    done = shell(tmp_path, f"dlrun {RUN} >&- 2>&-")
    assert done.returncode == 0
    folder = next((tmp_path / "runs").glob("*/*"))
    assert (folder / "result.json").is_file()
    assert b"folder" not in (folder / "lock").read_bytes()  # the first file that is opened would get what is printed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_under_the_output_stops_no_run_and_is_named(tmp_path: Path):
    assert Forked(dlrun, *RUN.split(), cwd=tmp_path, out="/dev/full").wait(120) == 0
    assert (next((tmp_path / "runs").glob("*/*")) / "result.json").is_file()
    done = shell(tmp_path, "dlrun list >/dev/full")
    assert done.returncode == 2 and "No space left" in done.stderr and "Traceback" not in done.stderr


def test_an_ascii_output_shows_escapes(tmp_path: Path):
    for line in ("list models", "explain", RUN, "runs", "report runs"):
        process = Forked(dlrun, *line.split(), cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
        out, err = process.communicate(120)
        assert process.returncode == 0 and out and out.isascii() and "Traceback" not in err, line
