"""A sweep that is asked to stop, and two that share their jobs."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.helpers.runs import custom
from tests.helpers.sweeps_in_progress import states, wait_for
from tests.sweep.sweeps import alive, checkpoints, planned, run_here, start, workers
from tests.whole.equal import assert_same_run

HELD = """
import os, time, torch
class Held(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.out = torch.nn.Linear(64, outputs)
    def forward(self, x):
        if self.training and torch.is_grad_enabled() and os.path.exists("held"):
            time.sleep(0.1)
        return self.out(x.flatten(1))
"""


def own_model(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, name: str) -> list[str]:
    """The words of a model of one's own, in a folder that is the working folder now."""
    monkeypatch.chdir(folder)
    (folder / "configs" / "model").mkdir(parents=True)
    return custom(folder, source, name)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_all_running_jobs_and_the_same_command_goes_on(tmp_path: Path, number: int, code: int,
                                                                      monkeypatch: pytest.MonkeyPatch) -> None:
    log, held = tmp_path / "log", tmp_path / "held"  # while the file is there, an epoch of 5 steps takes half a second
    words = own_model(tmp_path, monkeypatch, HELD, "Held")
    held.touch()
    forced = ["force=true"] if number == signal.SIGTERM else []
    plan = planned(tmp_path / "runs", *words, "epochs=12", "checkpoint_seconds=0.5", "seed=range(3)", *forced)
    process = start(plan, log, '{"workers": 2}', "mine")
    wait_for(lambda: sum((plan.run_folder(job) / "metrics.jsonl").exists() for job in plan.jobs) == 2, log)
    process.send_signal(number)
    assert process.wait(60) == code, log.read_text()
    assert states(plan) == ["interrupted", "interrupted", "none"]
    steps = [json.loads((plan.run_folder(job) / "result.json").read_text())["steps"] for job in plan.jobs[:2]]
    assert min(steps) > 0
    again = "the same command without force=true" if forced else "the same command"
    assert f"all running jobs are saved; {again} resumes them\n" in log.read_text()
    if number == signal.SIGTERM:  # the same from here on
        return
    held.unlink()
    assert run_here(plan) == 0
    whole = planned(tmp_path / "whole", *words, "epochs=12", "seed=range(2)")
    assert run_here(whole) == 0
    for one, other in zip(whole.jobs, plan.jobs):
        assert_same_run(whole.run_folder(one), plan.run_folder(other))


def test_a_second_signal_ends_the_sweep_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    words = own_model(tmp_path, monkeypatch, HELD.replace("0.1", "100"), "Held")
    (tmp_path / "held").touch()
    plan = planned(tmp_path / "runs", *words, "epochs=1")
    process = start(plan, log, '{"workers": 1}', "mine")
    wait_for(lambda: checkpoints(plan) > 0, log)
    training = workers(process, log)
    assert training
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    assert process.poll() is None, "it waits for the step to end"
    assert "SIGINT: the running job is being saved; a second signal does not wait" in log.read_text()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130
    wait_for(lambda: not any(alive(pid) for pid in training), log, 10)


def test_two_processes_on_one_sweep_share_its_jobs_and_both_end_when_all_is_done(tmp_path: Path) -> None:
    plan = planned(tmp_path / "runs", "model=softmax", "epochs=80", "seed=range(4)")
    one, other = (start(plan, tmp_path / name, '{"workers": 1}') for name in ("one", "other"))
    assert one.wait() == 0, (tmp_path / "one").read_text()
    assert other.wait() == 0, (tmp_path / "other").read_text()
    assert states(plan) == ["finished"] * 4
    logs = [(tmp_path / name).read_text() for name in ("one", "other")]
    for job in plan.jobs:
        assert "resumed" not in json.loads((plan.run_folder(job) / "provenance.json").read_text()), "started twice"
        epochs = [json.loads(line)["epoch"] for line in (plan.run_folder(job) / "metrics.jsonl").open()]
        assert epochs == list(range(1, 81))
    assert all("4 jobs: 4 done" in log for log in logs)
