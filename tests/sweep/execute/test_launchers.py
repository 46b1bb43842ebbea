"""The same sweep on other launchers, each really started: same bits, also when a process of theirs is killed."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from dlrun.record.plan import Job, Plan
from tests.helpers.sweeps_in_progress import LONG, states, wait_for
from tests.sweep.sweeps import kill, planned
from tests.sweep.sweeps import start_afresh as start
from tests.whole.equal import assert_same_run

pytestmark = [pytest.mark.engines, pytest.mark.timeout(600)]
LAUNCHERS = ("joblib", "ray", "submitit")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The sweep on local workers."""
    folder = tmp_path_factory.mktemp("local")
    plan = planned(folder / "runs", *LONG, "seed=range(4)")
    assert start(plan, folder / "log").wait() == 0, (folder / "log").read_text()
    return plan


def options(launcher: str) -> str:
    pytest.importorskip(launcher)
    return json.dumps({"workers": 2, "launcher": launcher})


def trains(plan: Plan, job: Job) -> bool:
    return (plan.run_folder(job) / "metrics.jsonl").exists() and not (plan.run_folder(job) / "result.json").exists()


def owner(plan: Plan, job: Job) -> int:
    """The process that trains a job, as it has written into the lock."""
    return int(json.loads((plan.run_folder(job) / "lock").read_text())["pid"])


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_a_killed_process_loses_no_job_and_changes_no_bit(launcher: str, local: Plan, tmp_path: Path) -> None:
    plan, log = planned(tmp_path / "runs", *LONG, "seed=range(4)"), tmp_path / "log"
    process = start(plan, log, options(launcher))
    wait_for(lambda: trains(plan, plan.jobs[0]), log, 200)
    pid = owner(plan, plan.jobs[0])
    assert pid != process.pid
    kill(pid)
    assert process.wait(400) == 0, log.read_text()
    assert states(plan) == ["finished"] * 4
    assert "its worker was lost" in log.read_text()
    assert "resumed" in json.loads((plan.run_folder(plan.jobs[0]) / "provenance.json").read_text())
    for one, other in zip(local.jobs, plan.jobs):
        assert_same_run(local.run_folder(one), plan.run_folder(other))
    assert start(plan, log, options(launcher)).wait(200) == 0, "what is done is not begun again"


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_ctrl_c_saves_all_running_jobs(launcher: str, tmp_path: Path) -> None:
    overrides = [word for word in LONG if not word.startswith("epochs=")]  # so long that none ends before the signal
    plan, log = planned(tmp_path / "runs", *overrides, "epochs=5000", "seed=range(3)"), tmp_path / "log"
    process = start(plan, log, options(launcher))
    wait_for(lambda: all(trains(plan, job) for job in plan.jobs[:2]), log, 200)
    process.send_signal(signal.SIGINT)
    assert process.wait(100) == 130, log.read_text()
    assert states(plan) == ["interrupted", "interrupted", "none"], log.read_text()


def test_a_launcher_that_is_not_installed_is_named_with_what_installs_it(tmp_path: Path, monkeypatch) -> None:
    import sys

    from dlrun.config.problem import ConfigError
    from dlrun.sweep.execute.options import Execution
    from dlrun.sweep.run import run_sweep

    monkeypatch.setitem(sys.modules, "submitit", None)
    monkeypatch.delitem(sys.modules, "dlrun.sweep.execute.launchers.submitit_module", raising=False)
    with pytest.raises(ConfigError, match=r"pip install 'dlrun\[submitit\]'"):
        run_sweep(planned(tmp_path / "runs", "model=softmax", "epochs=1"), Execution(launcher="submitit"))
