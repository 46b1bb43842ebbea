"""torchrun with two processes is the run of one process: same id, folder and records, the same numbers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.helpers.forked import Forked, dlrun

ROOT = Path(__file__).parents[2]
OVERRIDES = ("model=dense", "model.hidden=[32]", "model.dropout=0.2", "optimizer=momentum", "epochs=6",
             "train_size=600", "batch_size=50", "device=cpu", "threads=1", "checkpoint_seconds=0")


def command(folder: Path, *overrides: str) -> list[str]:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    return [sys.executable, *torchrun, "-m", "dlrun", *OVERRIDES, f"output_dir={folder}", *overrides]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def run(folder: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *overrides), env=environment(), cwd=folder, text=True, capture_output=True,
                          timeout=240)


def together(folder: Path, *overrides: str) -> tuple[list[int], str, str]:
    """Two processes as torchrun starts them, which ends all when one fails: exit codes, and what both print."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2",
           "LOCAL_WORLD_SIZE": "2"}
    processes = [Forked(dlrun, *OVERRIDES, f"output_dir={folder}", *overrides, cwd=folder,
                        env={**env, "RANK": str(rank), "LOCAL_RANK": str(rank)}) for rank in range(2)]
    if processes[0].wait(240):
        processes[1].kill()
    texts = [process.communicate(240) for process in processes]
    return [process.wait() for process in processes], *map("".join, zip(*texts))


def result(folder: Path) -> tuple[str, dict, list[dict]]:
    place, = folder.glob("digits-dense-momentum/*")
    rows = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
    return place.name, json.loads((place / "result.json").read_text()), rows


def test_two_processes_make_the_run_of_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    alone = Forked(dlrun, *OVERRIDES, f"output_dir={tmp_path}/one", cwd=tmp_path / "one")
    codes, _, err = together(tmp_path / "two")
    assert codes == [0, 0] and alone.wait(240) == 0, err
    run_id, one, rows = result(tmp_path / "one")
    other_id, two, others = result(tmp_path / "two")
    assert run_id == other_id and two["status"] == "finished" and "2 processes" in two["device"]
    assert two["test"]["loss"] == pytest.approx(one["test"]["loss"], rel=1e-4)
    assert two["test"]["accuracy"] == pytest.approx(one["test"]["accuracy"], abs=1 / 360)
    for row, other in zip(rows, others, strict=True):
        for key in ("train/loss", "val/loss", "train/accuracy"):
            assert other[key] == pytest.approx(row[key], rel=1e-4, abs=1e-4), key
    codes, out, _ = together(tmp_path / "two")
    assert codes == [0, 0] and "was made on" in out and result(tmp_path / "two")[1] == two


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
    codes, _, err = together(tmp_path, "optimizer.accumulate=2", "max_seconds=5")
    assert codes[0] == 2 and not list(tmp_path.iterdir())
    assert err.count("several processes train one run") == 2  # a line for each key
