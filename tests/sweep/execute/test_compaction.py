"""A sweep whose jobs end at other epochs: its pack goes on in fewer places, also when it was killed on the way."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from dlrun.engine.packed.step import PackedStep
from dlrun.record import pack_place
from dlrun.record.folder import RunFolder
from dlrun.record.manifest import changed
from dlrun.record.metrics import read
from dlrun.record.pack_place import ended_in
from dlrun.record.plan import Plan
from tests.helpers.runs import wait_for
from tests.helpers.sweeps_in_progress import states
from tests.run.stops import Killed
from tests.sweep.execute.test_packs import after, assert_same_sweep, killed, provenance
from tests.sweep.sweeps import checkpoints, kill, planned, run_here, start, workers
from tests.whole.equal import state

# 24 steps an epoch: of eight places four are left after 48 steps, two after 72.  The bits of such a network depend on
# how many there are.
JOBS = ("model=dense", "model.hidden=[7,30]", "model.dropout=0.2", "batch_size=3", "train_size=89", "epochs=1,2,3,5",
        "seeds=2", "early_stop=none")
ONE_PACK = (*JOBS, "pack=8", "workers=1", "launcher=inline")
LAST = [{"step": 48, "slots": 4}, {"step": 72, "slots": 2}]


def places(plan: Plan) -> list[list[dict[str, int]]]:
    """What the last start of each job has said of its places after the first."""
    return [[about, *about.get("resumed", [])][-1]["pack"]["compacted"] for about in provenance(plan)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """A pack that nothing stops."""
    plan = planned(tmp_path_factory.mktemp("whole"), *ONE_PACK)
    assert run_here(plan, workers=1) == 0
    return plan


def test_provenance_names_the_places_of_each_stretch(whole: Plan) -> None:
    by_epochs = {job.config["epochs"]: (place, [{k: v for k, v in one.items() if k != "slot"} for one in place])
                 for job, place in zip(whole.jobs, places(whole))}
    assert [by_epochs[epochs][1] for epochs in (1, 2, 3, 5)] == [[], [], LAST[:1], LAST]
    assert sorted(one["slot"] for place in places(whole) for one in place if one["step"] == 48) == [0, 1, 2, 3]
    for job in whole.jobs:
        assert not changed(whole.run_folder(job))


def test_the_numbers_are_those_of_single_runs(tmp_path: Path, whole: Plan) -> None:
    alone = planned(tmp_path, *JOBS)
    assert run_here(alone) == 0
    for job, single in zip(whole.jobs, alone.jobs):
        rows = [read(plan.run_folder(one) / "metrics.jsonl") for plan, one in ((whole, job), (alone, single))]
        for a, b in zip(*rows, strict=True):
            for name in a.keys() - {"seconds"}:
                assert a[name] == pytest.approx(b[name], rel=1e-3, abs=1e-4), name


@pytest.mark.parametrize(("step", "seconds"), [(30, 0), (48, 1000), (49, 0), (60, 0), (73, 1000)])
def test_a_killed_pack_ends_with_the_bits_of_one_that_was_left_alone(
        step: int, seconds: int, tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK, f"checkpoint_seconds={seconds}")
    with after(step, killed), pytest.raises(Killed):
        run_here(plan, workers=1)
    assert states(plan).count("finished") == {30: 2, 48: 2, 49: 4, 60: 4, 73: 6}[step]
    assert run_here(plan, workers=1) == 0
    assert_same_sweep(plan, whole)


@contextmanager
def killed_within(name: str) -> Iterator[None]:
    """Killed while the second program is made, or while it is noted that there is one."""
    made: Callable[..., None] = PackedStep.__init__

    def init(self: PackedStep, members: Any, slots: int, before: PackedStep | None = None) -> None:
        made(self, members, slots, before)
        if before is not None:
            raise Killed

    def write(path: Path, *given: Any, **more: Any) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        if name == "making":
            patch.setattr(PackedStep, "__init__", init)
        else:
            patch.setattr(pack_place, "write_bytes", write)
        yield


@pytest.mark.parametrize("name", ["making", "noting"])
def test_a_pack_that_is_killed_while_it_is_compacted(name: str, tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with killed_within(name), pytest.raises(Killed):
        run_here(plan, workers=1)
    assert sorted(states(plan)) == ["finished"] * 4 + ["none"] * 4
    for job in plan.jobs:
        assert not changed(plan.run_folder(job), ("provenance.json",))
    assert run_here(plan, workers=1) == 0
    assert_same_sweep(plan, whole)


def test_a_member_goes_on_with_its_bits_when_all_others_are_done(tmp_path: Path, whole: Plan) -> None:
    """When these have ended stands in their results."""
    plan = planned(tmp_path, *ONE_PACK)
    with after(40, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        assert run_here(plan, workers=1) == 143
    lost = plan.run_folder(plan.jobs[-1])
    kept = tmp_path / "kept"
    shutil.copytree(lost, kept)
    assert run_here(plan, workers=1) == 0
    shutil.rmtree(lost)
    shutil.copytree(kept, lost)  # as if this member alone had been killed
    assert run_here(plan, workers=1) == 0
    assert_same_sweep(plan, whole)
    assert [one["step"] for one in places(plan)[-1]] == [48, 72]


def test_jobs_that_are_only_measured_again_have_ended_as_before(tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with after(60, killed), pytest.raises(Killed):
        run_here(plan, workers=1)
    more = planned(tmp_path, *ONE_PACK, "task.metrics=[brier]")
    assert [job.id for job in more.jobs] == [job.id for job in plan.jobs]
    assert run_here(more, workers=1) == 0
    for job, other in zip(more.jobs, whole.jobs):
        ours, theirs = (state(p.run_folder(one)) for p, one in ((more, job), (whole, other)))
        assert all(torch.equal(value, ours[key]) for key, value in theirs.items() if key.startswith("/parts/model"))
        assert "brier" in json.loads((more.run_folder(job) / "result.json").read_text())["test"]


def test_a_pack_of_an_older_dlrun_keeps_its_places(tmp_path: Path, whole: Plan) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with after(20, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        run_here(plan, workers=1)
    for job in plan.jobs:
        folder = RunFolder(plan.run_folder(job))
        about = json.loads(folder.provenance.read_text())
        del about["pack"]["compacted"]
        folder.provenance.write_text(json.dumps(about))
        folder.manifest.unlink()
    assert run_here(plan, workers=1) == 0
    for about in provenance(plan):
        assert "compacted" not in about["resumed"][-1]["pack"]
    # Of those that have ended before the first compaction the bits are the same; of others on most processors not all.
    rows = [[read(p.run_folder(job) / "metrics.jsonl") for job in p.jobs] for p in (plan, whole)]
    same = [[{k: v for k, v in row.items() if k != "seconds"} for row in a] ==
            [{k: v for k, v in row.items() if k != "seconds"} for row in b] for a, b in zip(*rows)]
    short = [job.config["epochs"] < 3 for job in plan.jobs]
    assert all(same[k] for k, is_short in enumerate(short) if is_short)
    if all(same):
        pytest.skip("on this processor bits do not depend on how many places a pack has")


def test_who_left_a_pack_to_train_alone_is_not_known_to_have_ended_in_it(tmp_path: Path) -> None:
    plan = planned(tmp_path, *ONE_PACK)
    with after(10, lambda: os.kill(os.getpid(), signal.SIGTERM)):
        run_here(plan, workers=1)
    alone = planned(tmp_path, *JOBS)
    assert run_here(alone) == 0
    folders = [RunFolder(plan.run_folder(job)) for job in plan.jobs]
    assert all((folder.result() or {})["status"] == "finished" for folder in folders)
    assert [ended_in(folder, 8, folder.origin()["pack"]["slot"]) for folder in folders] == [None] * 8


@pytest.mark.slow
def test_a_worker_that_is_killed_after_a_compaction_is_replaced(tmp_path: Path) -> None:
    words = [word.replace("epochs=1,2,3,5", "epochs=1,2,10,14") for word in JOBS]
    left = planned(tmp_path / "left", *words, "pack=8", "workers=1", "launcher=inline")
    assert run_here(left, workers=1) == 0
    plan, log = planned(tmp_path / "killed", *words, "pack=8", "workers=1", "checkpoint_seconds=0"), tmp_path / "log"
    process = start(plan, log, '{"workers": 1}')
    wait_for(lambda: states(plan).count("finished") == 4 and checkpoints(plan) > 0)
    for pid in workers(process, log):
        kill(pid)
    assert process.wait() == 0, log.read_text()
    assert states(plan) == ["finished"] * 8, log.read_text()
    assert_same_sweep(plan, left)
    assert any("resumed" in about for about in provenance(plan)), "it was killed when all was done"
