"""A search that really trains, is killed after 7 of its 20 trials, and is started again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dlrun.record.plan import load
from dlrun.record.trials import read_trials
from tests.sweep.sweeps import FAST, alive, children, kill

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900)]
pytest.importorskip("optuna")
EPOCHS = 12


def command(output: Path, *overrides: str) -> list[str]:
    return [sys.executable, "-m", "dlrun", "-m", *FAST, "model=dense", "optimizer.lr=tag(log, interval(1e-4,1e-1))",
            "model.dropout=0,0.2", f"epochs={EPOCHS}", "checkpoint_seconds=0", "search=tpe", "workers=2",
            f"output_dir={output}", *overrides]


def states(folder: Path) -> list[str]:
    return [trial["state"] for trial in read_trials(folder)]


@pytest.mark.parametrize("overrides", [["pruner=none"], ["pruner=median", "optimizer=sgd"]])
def test_a_search_killed_after_7_of_20_trials_ends_with_20(tmp_path: Path, overrides: list[str]) -> None:
    log = tmp_path / "log"
    with log.open("wb") as stream:
        process = subprocess.Popen(command(tmp_path / "runs", *overrides), stdout=stream, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 300
    folder: Path | None = None
    while folder is None or sum(state != "running" for state in states(folder)) < 7:
        assert time.monotonic() < deadline and process.poll() is None, log.read_text()
        folder = next((tmp_path / "runs" / "sweeps").glob("*"), None)
        time.sleep(0.02)
    workers = children(process.pid)
    process.kill()
    process.wait()
    for worker in workers:
        kill(worker)
    while any(alive(worker) for worker in workers):
        time.sleep(0.02)
    before = read_trials(folder)
    assert 7 <= len(before) < 20 and "running" in states(folder), log.read_text()
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").glob("*/*/result.json")}

    again = subprocess.run(command(tmp_path / "runs", *overrides), capture_output=True, text=True, timeout=600)
    assert again.returncode == 0, again.stdout + again.stderr
    after, plan = read_trials(folder), load(folder)
    assert len(list((tmp_path / "runs" / "sweeps").iterdir())) == 1
    assert len(after) == 20 == len(plan.jobs) and set(states(folder)) <= {"complete", "pruned"}
    assert "20 of 20 trials" in again.stdout and "best: trial" in again.stdout
    for was, now in zip(before, after):
        assert (was["values"], was["jobs"]) == (now["values"], now["jobs"])
        if was["state"] != "running":
            assert was == now
            assert (plan.output_dir / _folder(plan, was) / "result.json").stat().st_mtime_ns == written[
                plan.output_dir / _folder(plan, was) / "result.json"], "it was done and was touched again"
    for trial in after:
        run = plan.output_dir / _folder(plan, trial)
        epochs = [json.loads(line)["epoch"] for line in (run / "metrics.jsonl").open()]
        result = json.loads((run / "result.json").read_text())
        if trial["state"] == "complete":
            assert epochs == list(range(1, EPOCHS + 1)) and result["status"] == "finished"
            assert trial["value"] == result["val"]["accuracy"]
        else:
            assert result["status"] == "interrupted" and epochs == list(range(1, len(epochs) + 1))
            assert len(epochs) < EPOCHS
    if overrides[0] == "pruner=median":
        assert "pruned" in states(folder)
    best = max(trial["value"] for trial in after if trial["value"] is not None)
    table = (folder / "reports" / "table.csv").read_text().splitlines()
    assert len(table) == 21
    assert f"{100 * best:.2f}" in again.stdout


def test_a_search_runs_on_another_launcher(tmp_path: Path) -> None:
    pytest.importorskip("joblib")
    overrides = command(tmp_path / "runs", "launcher=joblib", "optimizer=sgd", "n_trials=7")
    done = subprocess.run(overrides, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    [folder] = (tmp_path / "runs" / "sweeps").iterdir()
    assert len(states(folder)) == 7 and set(states(folder)) <= {"complete", "pruned"}
    assert "7 of 7 trials" in done.stdout and "best: trial" in done.stdout
    assert not list((folder / "logs").iterdir())


def _folder(plan, trial) -> str:
    return next(job.folder for job in plan.jobs if job.id == trial["jobs"][0])
