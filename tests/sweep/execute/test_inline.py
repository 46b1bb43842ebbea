"""launcher=inline: the jobs of a sweep in the process that plans them, with the bits of any other launcher."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import dlrun.sweep.execute.launchers.inline_module as inline
from dlrun.config.problem import ConfigError
from dlrun.record.plan import load
from tests.helpers.sweeps_in_progress import states
from tests.run.stops import signalled_after
from tests.sweep.sweeps import planned, run_here, start_afresh
from tests.whole.equal import assert_same_run

SMALL = ("model=dense", "model.hidden=[8]", "epochs=2", "optimizer.lr=0.1,0.01")


def test_jobs_run_here_and_are_those_of_the_workers(tmp_path: Path) -> None:
    plan, log = planned(tmp_path / "runs", *SMALL), tmp_path / "log"
    assert run_here(plan) == 0 and states(plan) == ["finished"] * 2
    other = planned(tmp_path / "others", *SMALL)
    assert start_afresh(other, log).wait() == 0, log.read_text()
    for one, job in zip(plan.jobs, other.jobs):
        assert_same_run(plan.run_folder(one), other.run_folder(job))
    written = [(plan.run_folder(job) / "result.json").stat().st_mtime_ns for job in plan.jobs]
    assert run_here(plan) == 0
    assert [(plan.run_folder(job) / "result.json").stat().st_mtime_ns for job in plan.jobs] == written


def test_a_jobs_provenance_names_the_variables_that_its_settings_come_from(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLRUN_RATE", "0.25")
    (tmp_path / "configs" / "optimizer").mkdir(parents=True)
    (tmp_path / "configs" / "optimizer" / "mine.yaml").write_text("kind: sgd\nlr: ${oc.decode:${oc.env:DLRUN_RATE}}\n")
    plan = planned(tmp_path / "runs", "model=softmax", "epochs=1", "max_steps=1", "seed=1,2", "optimizer=mine")
    assert run_here(plan) == 0
    for job in load(plan.folder).jobs:
        assert job.config["optimizer"]["lr"] == 0.25
        assert json.loads((plan.run_folder(job) / "provenance.json").read_text())["environment"] == ["DLRUN_RATE"]


def test_a_signal_ends_the_sweep_and_the_next_start_resumes(tmp_path: Path) -> None:
    plan = planned(tmp_path / "runs", *SMALL)
    with signalled_after(3):
        assert run_here(plan) == 143
    assert states(plan)[0] not in ("finished", "failed") and not plan.run_folder(plan.jobs[1]).exists()
    assert run_here(plan) == 0 and states(plan) == ["finished"] * 2
    assert "resumed" in json.loads((plan.run_folder(plan.jobs[0]) / "provenance.json").read_text())


def test_a_job_that_fails_ends_only_itself(tmp_path: Path, monkeypatch) -> None:
    plan, ran, process = planned(tmp_path / "runs", *SMALL), inline.run_job, []

    def first_fails(message, recorder):
        process.append(os.getpid())
        if len(process) == 1:
            return {"event": "refused", "reason": "broken"}
        return ran(message, recorder)

    monkeypatch.setattr(inline, "run_job", first_fails)
    assert run_here(plan) == 1 and states(plan)[1] == "finished" and set(process) == {os.getpid()}


@pytest.mark.parametrize(("options", "says"), [({"timeout": 3.0}, "timeout=3  launcher=inline cannot end"),
                                               ({"workers": 2}, "workers=2  launcher=inline runs one job at a time")])
def test_what_needs_another_process_is_refused(tmp_path: Path, options, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        run_here(planned(tmp_path / "runs", *SMALL), **options)
