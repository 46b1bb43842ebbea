"""torchrun with two processes is the run of one process: same id, folder and records, the same numbers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OVERRIDES = ("model=dense", "model.hidden=[32]", "model.dropout=0.2", "optimizer=momentum", "epochs=6",
             "train_size=600", "batch_size=50", "device=cpu", "threads=1", "checkpoint_seconds=0")


def command(folder: Path, *overrides: str, processes: int = 2) -> list[str]:
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"] if processes > 1 else []
    return [sys.executable, *torchrun, "-m", "dlrun", *OVERRIDES, f"output_dir={folder}", *overrides]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def run(folder: Path, *overrides: str, processes: int = 2) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *overrides, processes=processes), env=environment(), cwd=folder, text=True,
                          capture_output=True, timeout=240)


def result(folder: Path) -> tuple[str, dict, list[dict]]:
    place, = folder.glob("digits-dense-momentum/*")
    rows = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
    return place.name, json.loads((place / "result.json").read_text()), rows


def test_two_processes_make_the_run_of_one(tmp_path: Path) -> None:
    for name, processes in (("one", 1), ("two", 2)):
        (tmp_path / name).mkdir()
        done = run(tmp_path / name, processes=processes)
        assert done.returncode == 0, done.stderr
    run_id, one, rows = result(tmp_path / "one")
    other_id, two, others = result(tmp_path / "two")
    assert run_id == other_id and two["status"] == "finished" and "2 processes" in two["device"]
    assert two["test"]["loss"] == pytest.approx(one["test"]["loss"], rel=1e-4)
    assert two["test"]["accuracy"] == pytest.approx(one["test"]["accuracy"], abs=1 / 360)
    for row, other in zip(rows, others, strict=True):
        for key in ("train/loss", "val/loss", "train/accuracy"):
            assert other[key] == pytest.approx(row[key], rel=1e-4, abs=1e-4), key
    again = run(tmp_path / "two")
    assert again.returncode == 0 and "was made on" in again.stdout and result(tmp_path / "two")[1] == two


@pytest.mark.slow
def test_a_stopped_run_of_two_goes_on_as_one_that_never_was(tmp_path: Path) -> None:
    overrides = ("epochs=40", "train_size=1149")
    for name in ("whole", "stopped"):
        (tmp_path / name).mkdir()
    assert run(tmp_path / "whole", *overrides).returncode == 0
    process = subprocess.Popen(command(tmp_path / "stopped", *overrides), env=environment(), cwd=tmp_path / "stopped",
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not list(tmp_path.glob("stopped/*/*/metrics.jsonl")) and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=120)
    assert result(tmp_path / "stopped")[1]["status"] == "interrupted"
    assert run(tmp_path / "stopped", *overrides).returncode == 0
    _, whole, rows = result(tmp_path / "whole")
    _, stopped, others = result(tmp_path / "stopped")
    assert stopped["test"] == whole["test"]  # the same processes take the same steps, bit for bit
    timed = ("seconds",)
    assert [{k: v for k, v in row.items() if k not in timed} for row in rows] \
        == [{k: v for k, v in row.items() if k not in timed} for row in others]


def test_what_several_processes_do_not_do_is_said_once(tmp_path: Path) -> None:
    done = run(tmp_path, "optimizer.accumulate=2", "max_seconds=5")
    assert done.returncode != 0 and not list(tmp_path.iterdir())
    assert done.stderr.count("several processes train one run") == 2  # a line for each key
