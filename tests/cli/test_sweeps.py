"""Sweeps from the command line: what is printed, what stops before the first job, and where a sweep is one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dlrun.cli import multirun
from dlrun.cli.route import route
from dlrun.record.plan import load

FAST = ["model=dense", "model.hidden=[4]", "epochs=1", "threads=1", "device=cpu", "verbosity=0"]


@pytest.fixture
def said(folder: Path, capsys):
    def call(*arguments: str, code: int = 0) -> str:
        assert route(list(arguments)) == code
        done = capsys.readouterr()
        return done.err if code else done.out

    return call


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_dry_run_prints_the_plan_and_leaves_nothing(said, folder: Path) -> None:
    text = said("-m", *FAST, "optimizer=sgd,adam", "zip(optimizer.lr=0.1,0.01; batch_size=32,64)", "seeds=3",
                "skip(optimizer=sgd, batch_size=32)", "dry_run=true")
    for line in (["axes", "optimizer", "sgd,", "adam"], ["optimizer.lr", "0.1,", "0.01", "(with", "batch_size)"],
                 ["seeds", "0", "to", "2"], ["jobs", "9:", "9", "to", "do"],
                 ["time", "unknown", "until", "the", "first", "job", "ends"],
                 ["note", "3", "jobs", "left", "out", "(skip)"]):
        assert line in lines(text), text
    assert "common  model=dense model.hidden=[4] epochs=1 threads=1 device=cpu" in text
    assert lines(text)[-1][:5] == ["9", "adam", "0.01", "64", "2"]
    assert not list(folder.iterdir())


def test_on_a_narrow_terminal_jobs_are_named_by_their_ids(said, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["-m", *FAST, "optimizer=sgd,adam", "optimizer.lr=0.1,0.01", "batch_size=32,64", "seeds=3", "dry_run=true"]
    whole = [line[-1] for line in lines(said(*words))[-24:]]
    monkeypatch.setattr(multirun, "room", lambda stream: 70)
    text = said(*words).splitlines()
    narrow = text[-24:]
    assert max(map(len, text)) <= 70
    assert [line.split()[-1] for line in narrow] == [name.partition("/")[2] for name in whole]
    assert all(name.startswith("digits-dense-") for name in whole)


@pytest.mark.parametrize("arguments", [["seeds=5"], ["zip(a=1,2;b=3,4)"], ["skip(model=cnn)"], ["workers=2"],
                                       ["sweep.name=x"], ["explain", "seeds=5"], ["summary", "retry=failed"]],
                         ids=" ".join)
def test_a_sweeps_key_without_a_sweep_wants_m(said, arguments: list[str]) -> None:
    text = said(*arguments, code=2)
    assert f"{arguments[-1]}  it belongs to a sweep: add  -m" in text and text.startswith("1 problem")


def test_an_experiment_with_a_sweep_is_one_without_m(said, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  axes:\n    optimizer: [sgd, adam]\n  dry_run: true\n",
           "experiments/h.yaml": "hydra:\n  mode: MULTIRUN\n  sweeper:\n    params:\n      seed: 1,2,3\n",
           "experiments/more.yaml": "defaults:\n  - x\nepochs: 3\n"})
    assert "jobs    2: 2 to do" in said("experiment=x")
    assert "jobs    6: 6 to do" in said("experiment=more", "seeds=3")
    assert "jobs    3: 3 to do" in said("experiment=h", "dry_run=true")
    assert "jobs    4: 4 to do" in said("hydra.mode=MULTIRUN", "seed=1,2", "optimizer=sgd,adam", "dry_run=true")


def test_run_takes_an_experiments_own_configuration(said, write, folder: Path) -> None:
    write({"experiments/x.yaml": "sweep:\n  axes:\n    optimizer: [sgd, momentum]\n"})
    said("-r", "experiment=x", *FAST)
    assert [path.parent.parent.name for path in folder.glob("runs/*/*/result.json")] == ["digits-dense-adam"]


def test_the_first_jobs_configuration_is_shown(said, write) -> None:
    write({"experiments/x.yaml": "sweep:\n  axes:\n    optimizer: [sgd, adam]\n  seeds: [7, 8]\n"})
    text = said("-m", "--cfg", "job", "experiment=x", "zip(epochs=3,4; batch_size=1,2)")
    assert "\nepochs: 3\n" in text and "\n  kind: sgd\n" in text and "seed: 7\n" in text


def test_states_and_time_are_told_from_the_folders(said, folder: Path) -> None:
    arguments = ["-m", *FAST, "optimizer.lr=0.1,0.01,0.001", "sweep.name=mine", "launcher=inline"]
    said(*arguments)
    done = sorted(folder.glob("runs/*/*/result.json"))
    assert len(done) == 3
    assert ["jobs", "3:", "3", "done"] in lines(said(*arguments, "dry_run=true"))
    (done[0]).unlink()  # it has its checkpoint: interrupted
    failed = json.loads(done[1].read_text())
    done[1].write_text(json.dumps({**failed, "status": "failed", "stop_reason": "x"}))
    text = said(*arguments, "seeds=2", "dry_run=true")
    assert "jobs    6: 1 done, 1 to continue, 1 failed (retry=failed tries again), 3 to do" in text
    assert "one job after another (from runs of the same shape)" in text
    assert "note    sweep mine had 3 jobs: 3 are kept, 3 are new, 0 are no longer in it" in text
    assert "failed (tried again)" in said(*arguments, "retry=failed", "dry_run=true")


def test_the_plan_is_stored_before_the_first_job(said, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.sweep import run

    seen = []
    monkeypatch.setattr(run, "run_sweep", lambda plan, options: seen.append((load(plan.folder), plan, options)) or 7)
    said("-m", *FAST, "seeds=2", "workers=3", "on_error=2", "retry=failed", "timeout=9", code=7)
    stored, plan, options = seen[0]
    assert stored == plan and len(plan.jobs) == 2
    assert (options.workers, options.on_error, options.max_failures, options.retry, options.timeout) == (
        3, 2, 2, "failed", 9.0)


def test_hydras_own_multirun_of_dlruns_configuration_is_dlruns(folder: Path, write) -> None:
    write({"app.py": "import hydra\n@hydra.main(config_path=None, config_name='config', version_base='1.3')\n"
                     "def f(c): print('TASK')\nf()\n"})

    def app(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "app.py", *arguments], cwd=folder, capture_output=True, text=True)

    done = app("-m", "optimizer=sgd,adam", "+seeds=2", "+dry_run=true")
    assert "jobs    4: 4 to do" in done.stdout and "TASK" not in done.stdout and done.returncode == 0, done.stderr
    wrong = app("-m", "optimizer=sgd,adm")
    assert "optimizer=sgd,adm  no such optimizer; did you mean  optimizer=adam" in wrong.stderr
    assert wrong.returncode == 2 and "Traceback" not in wrong.stderr
    assert [path.name for path in folder.iterdir() if path.name != "outputs"] == ["app.py"]
