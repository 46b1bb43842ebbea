"""Jobs that fail: told at once, written down, and no trouble for the others."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from dlrun.config.compose.session import hydra_started
from dlrun.record.plan import Plan
from dlrun.sweep.execute import job_queue
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.run import run_sweep
from tests.sweep.sweeps import planned, run_here

MOODY = """
import os, signal, torch
class Moody(torch.nn.Module):
    def __init__(self, outputs, mood=0):
        super().__init__()
        self.out, self.mood = torch.nn.Linear(64, outputs), mood
    def forward(self, x):
        x = x.flatten(1)
        if self.training and torch.is_grad_enabled():
            if self.mood == 3:
                x = x * float("nan")
            if self.mood == 6 and len(x) != 256:
                x = x[:, :60]  # found only when the last batch of an epoch comes
            if self.mood == 9:
                raise ValueError("not today")
            if self.mood == 90:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.mood == 91:
                import time
                time.sleep(60)
        return self.out(x)
"""


@pytest.fixture
def moody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_workers: None):
    """A plan of jobs of a user's own model, whose moods are given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs" / "model").mkdir(parents=True)
    (tmp_path / "configs" / "model" / "mine.yaml").write_text("_target_: mine.Moody\nmood: 0\n")
    (tmp_path / "mine.py").write_text(MOODY)

    def plan(moods: str) -> Plan:
        with hydra_started():
            return planned(tmp_path / "runs", "model=mine", "allow=mine", "epochs=1", f"model.mood={moods}")

    return plan


def status(plan: Plan) -> dict[int, str]:
    found = {}
    for job in plan.jobs:
        path = plan.run_folder(job) / "result.json"
        found[job.config["model"]["mood"]] = json.loads(path.read_text())["status"] if path.exists() else "none"
    return found


def test_of_twelve_jobs_three_fail_in_different_ways_and_nine_finish(moody) -> None:
    plan, out = moody("range(12)"), io.StringIO()
    assert run_sweep(plan, Execution(workers=2), out) == 1
    assert status(plan) == {mood: {3: "diverged", 6: "failed", 9: "failed"}.get(mood, "finished") for mood in range(12)}
    told = out.getvalue()
    assert "12 jobs: 9 done, 1 diverged, 2 failed" in told
    reasons = {3: "the loss became NaN or infinite between steps 1 and", 6: "RuntimeError: mat1 and mat2 shapes",
               9: "ValueError: not today"}
    for job in plan.jobs:
        mood, written = job.config["model"]["mood"], plan.run_folder(job) / "traceback.txt"
        assert written.exists() is (mood in reasons)
        if mood in reasons:
            assert reasons[mood].partition(" ")[2] in written.read_text()
            start = f"job {job.number:>2}/12"
            [line] = [line for line in told.splitlines() if line.startswith(start) and "ed: " in line]
            assert reasons[mood] in line and str(plan.run_folder(job)) in line
    tables = [(plan.folder / "reports" / name).read_text() for name in ("table.md", "table.csv")]
    for reason in reasons.values():
        assert all(reason.split(":")[-1].strip()[:30] in table for table in tables), "the reason stands in the row"

    # The same command again does nothing that would end the same way; retry=failed tries what may end otherwise.
    out = io.StringIO()
    assert run_sweep(plan, Execution(workers=2), out) == 1
    assert "begins" not in out.getvalue() and "12 jobs: 9 done, 1 diverged, 2 failed" in out.getvalue()
    out = io.StringIO()
    assert run_sweep(plan, Execution(launcher="inline", retry="failed"), out) == 1
    assert out.getvalue().count("begins") == 2


def test_a_sweep_stops_at_its_first_failure_where_that_is_asked(moody) -> None:
    plan = moody("0,9,1,2")
    assert run_here(plan, on_error="stop") == 1
    assert status(plan) == {0: "finished", 9: "failed", 1: "none", 2: "none"}
    assert run_here(plan, on_error="stop") == 1, "the failure is still there"
    assert status(plan) == {0: "finished", 9: "failed", 1: "finished", 2: "finished"}, "an old failure stops nothing"


def test_a_job_that_kills_its_workers_is_given_up_and_the_others_finish(moody, monkeypatch) -> None:
    monkeypatch.setattr(job_queue, "MAX_DEATHS", 2)  # of a worker each, which loads torch
    plan, out = moody("0,90,1"), io.StringIO()
    assert run_sweep(plan, Execution(workers=1), out) == 1
    assert status(plan) == {0: "finished", 90: "failed", 1: "finished"}
    assert "its worker died 2 times at the same place: killed by SIGKILL" in out.getvalue()
    [killed] = [job for job in plan.jobs if job.config["model"]["mood"] == 90]
    assert "killed by SIGKILL" in (plan.run_folder(killed) / "traceback.txt").read_text()


def test_a_job_that_takes_too_long_is_ended_as_failed(moody) -> None:
    plan, out = moody("91,0"), io.StringIO()
    assert run_sweep(plan, Execution(workers=1, timeout=3.0), out) == 1
    assert status(plan) == {91: "failed", 0: "finished"}
    assert "it took longer than timeout=3 seconds" in out.getvalue()


def test_a_model_whose_code_has_changed_since_the_plan_is_refused(moody, tmp_path: Path) -> None:
    plan, out = moody("0"), io.StringIO()
    (tmp_path / "mine.py").write_text(MOODY + "\n# another one\n")
    assert run_sweep(plan, Execution(launcher="inline"), out) == 1
    assert "has changed since the sweep was planned" in out.getvalue() and status(plan) == {0: "none"}
