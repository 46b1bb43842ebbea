"""pack=: jobs of a sweep that train as one program are the runs that they are alone, and survive what these survive."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dlrun.engine.packed.step import PackedStep
from dlrun.record.metrics import read
from dlrun.record.plan import Plan
from tests.helpers.runs import wait_for
from tests.helpers.sweeps_in_progress import states
from tests.run.stops import Killed
from tests.sweep.sweeps import checkpoints, kill, planned, run_here, start, workers
from tests.whole.equal import assert_same_run

JOBS = ("model=dense", "model.hidden=[8]", "model.dropout=0.2", "epochs=3", "train_size=400", "batch_size=32",
        "optimizer.lr=0.01,0.003", "seeds=2")
ONE_PACK = (*JOBS, "pack=8", "workers=1", "launcher=inline")


@contextmanager
def after(step: int, then: Callable[[], None]) -> Iterator[None]:
    """Something happens when so many packed steps were taken in this process."""
    took, taken = PackedStep._step, []

    def call(self: PackedStep, *given: Any) -> None:
        took(self, *given)
        taken.append(1)
        if len(taken) == step:
            then()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PackedStep, "_step", call)
        yield
    assert len(taken) >= step, "the pack never came so far"


def killed() -> None:
    raise Killed


def provenance(plan: Plan) -> list[dict[str, Any]]:
    return [json.loads((plan.run_folder(job) / "provenance.json").read_text()) for job in plan.jobs]


def assert_same_sweep(one: Plan, other: Plan) -> None:
    for a, b in zip(one.jobs, other.jobs):
        assert_same_run(one.run_folder(a), other.run_folder(b))


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Plan:
    """A pack that nothing stops."""
    plan = planned(tmp_path_factory.mktemp("whole"), *ONE_PACK)
    assert run_here(plan, workers=1) == 0
    return plan


def test_packed_jobs_have_the_numbers_and_folders_of_single_runs(tmp_path: Path, whole: Plan) -> None:
    alone = planned(tmp_path, *JOBS)
    assert run_here(alone) == 0
    for job, single in zip(whole.jobs, alone.jobs):
        assert job.id == single.id
        packed, plain = whole.run_folder(job), alone.run_folder(single)
        for a, b in zip(read(packed / "metrics.jsonl"), read(plain / "metrics.jsonl")):
            assert a.keys() == b.keys()
            for name in a.keys() - {"seconds"}:
                assert a[name] == pytest.approx(b[name], rel=1e-4, abs=1e-5), name
        assert {path.name for path in packed.rglob("*")} - {path.name for path in plain.rglob("*")} <= {
            path.name for path in packed.glob("events*")}
        results = [json.loads((folder / "result.json").read_text()) for folder in (packed, plain)]
        assert results[0].keys() == results[1].keys()
        assert results[0]["test"]["loss"] == pytest.approx(results[1]["test"]["loss"], rel=1e-4)
    for slot, about in enumerate(provenance(whole)):
        assert about["pack"] == {"slots": 4, "slot": slot, "compacted": []}
        assert about["speed_path"].startswith("packed with 3 others, eager")
    assert all("pack" not in about for about in provenance(alone))


@pytest.mark.parametrize("step", [1, 14, 23])  # 10 steps make an epoch
def test_a_killed_pack_ends_with_the_bits_of_one_that_was_left_alone(step: int, tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK, f"checkpoint_seconds={0 if step == 14 else 1000}")
    with after(step, killed), pytest.raises(Killed):
        run_here(plan, workers=1)
    assert not list(tmp_path.glob("*/*/result.json"))
    assert run_here(plan, workers=1) == 0
    assert_same_sweep(plan, whole)


def test_a_signal_saves_every_member_and_the_same_command_goes_on(tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with after(17, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        assert run_here(plan, workers=1) == 143
    assert states(plan) == ["interrupted"] * 4
    assert run_here(plan, workers=1) == 0
    assert_same_sweep(plan, whole)
    for slot, about in enumerate(provenance(plan)):
        [again] = about["resumed"]
        assert again["pack"] == about["pack"] == {"slots": 4, "slot": slot, "compacted": []}


def test_a_job_goes_on_with_its_bits_when_the_others_are_done(tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with after(17, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        run_here(plan, workers=1)
    lost = plan.run_folder(plan.jobs[2])
    kept = tmp_path / "kept"
    shutil.copytree(lost, kept)
    assert run_here(plan, workers=1) == 0
    shutil.rmtree(lost)
    shutil.copytree(kept, lost)  # as if this member alone had been killed
    assert run_here(plan, workers=1) == 0
    assert_same_sweep(plan, whole)


def test_provenance_names_the_stretches_of_a_job_that_goes_on_alone(tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with after(17, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        run_here(plan, workers=1)
    alone = planned(tmp_path, *JOBS)  # the same jobs, without packs
    assert [job.id for job in alone.jobs] == [job.id for job in plan.jobs]
    assert run_here(alone) == 0
    for about, job, other in zip(provenance(alone), alone.jobs, whole.jobs):
        assert about["speed_path"].startswith("packed") and about["pack"]["slots"] == 4
        assert [start["speed_path"] for start in about["resumed"]] == ["eager, denormals flushed"]
        assert "pack" not in about["resumed"][0]
        for a, b in zip(read(alone.run_folder(job) / "metrics.jsonl"), read(whole.run_folder(other) / "metrics.jsonl")):
            assert a["val/loss"] == pytest.approx(b["val/loss"], rel=1e-4)


def test_a_member_that_diverges_and_one_that_stops_early_leave_the_others_alone(tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *JOBS[:-2], "optimizer.lr=0.01,0.003,1e30", "seeds=2", "pack=8", "launcher=inline",
                   "workers=1")
    assert run_here(plan, workers=1) == 1
    assert states(plan) == ["finished"] * 4 + ["diverged"] * 2
    for job, other in zip(plan.jobs, whole.jobs):
        a, b = (json.loads((p.run_folder(j) / "result.json").read_text()) for p, j in ((plan, job), (whole, other)))
        assert a["test"] == pytest.approx(b["test"], rel=1e-4)


@pytest.mark.slow
def test_a_worker_that_is_killed_with_a_pack_in_hand_is_replaced(tmp_path: Path) -> None:
    """Every job of the pack resumes, in its slot; nothing but the last bits' origin tells of the kill."""
    long = [word.replace("epochs=3", "epochs=20") for word in JOBS]
    left = planned(tmp_path / "left", *long, "pack=8", "workers=1", "launcher=inline")
    assert run_here(left, workers=1) == 0
    plan, log = planned(tmp_path / "killed", *long, "pack=8", "workers=1", "checkpoint_seconds=0"), tmp_path / "log"
    process = start(plan, log, '{"workers": 1}')
    wait_for(lambda: checkpoints(plan) > 0)
    time.sleep(0.5)
    for pid in workers(process, log):
        kill(pid)
    assert process.wait() == 0, log.read_text()
    assert states(plan) == ["finished"] * 4, log.read_text()
    assert_same_sweep(plan, left)
    assert any("resumed" in about for about in provenance(plan)), "it was killed when all was done"


def test_workers_train_packs_and_report_each_job(tmp_path: Path, whole: Plan, quick_workers, capsys) -> None:
    plan = planned(tmp_path, *JOBS, "pack=2", "workers=2")
    assert run_here(plan, launcher="local", workers=2) == 0
    assert states(plan) == ["finished"] * 4
    assert [about["pack"] for about in provenance(plan)] == [{"slots": 2, "slot": slot, "compacted": []}
                                                             for slot in (0, 1, 0, 1)]
    for job, other in zip(plan.jobs, whole.jobs):
        a, b = (json.loads((p.run_folder(j) / "result.json").read_text()) for p, j in ((plan, job), (whole, other)))
        assert a["test"] == pytest.approx(b["test"], rel=1e-4)
