"""Cores, GPUs and threads are divided by rule; no machine is asked."""

from __future__ import annotations

from typing import Any

import pytest

from dlrun.preflight.preflight import preflight
from dlrun.preflight.threads import ALONE, TOGETHER, auto_threads, work
from dlrun.record.plan import Job
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.slots import Slots, ThreadRule, find_slots, visible_gpus


def job(**config: Any) -> Job:
    return Job(1, "x", "x/x", 0, {}, (), config)


def test_work_is_three_passes_over_weights_positions_and_rows(folder) -> None:
    dense = preflight(["dataset=digits", "model=dense", "model.hidden=[20]", "batch_size=100"])
    assert work(dense) == 3 * 100 * ((64 * 20 + 20) + (20 * 10 + 10))
    cnn = preflight(["dataset=digits", "model=cnn", "model.filters=[4]", "model.kernel=3", "model.padding=same",
                     "model.pool=2", "model.hidden=[8]", "batch_size=10"])
    assert work(cnn) == 3 * 10 * (8 * 8 * (9 * 4 + 4) + (4 * 4 * 4 * 8 + 8) + (8 * 10 + 10))


def test_tiny_nets_get_one_thread_and_large_ones_all_cores_of_a_machine(folder) -> None:
    tiny = preflight(["dataset=digits", "model=dense", "model.hidden=[64,64]", "batch_size=1"])
    large = preflight(["dataset=digits", "model=dense", "model.hidden=[4096,4096]", "batch_size=128"])
    assert [auto_threads(tiny, grain, 16) for grain in (ALONE, TOGETHER)] == [1, 1]
    assert [auto_threads(large, grain, 16) for grain in (ALONE, TOGETHER)] == [16, 16]


def test_a_net_of_some_size_gets_more_threads_alone_than_beside_other_jobs(folder) -> None:
    middle = preflight(["dataset=digits", "model=dense", "model.hidden=[512,512]", "batch_size=128"])
    assert auto_threads(middle, ALONE, 4) == 4 and auto_threads(middle, TOGETHER, 4) == 1


@pytest.mark.parametrize(("workers", "asked", "begun", "threads"), [
    ("auto", "auto", None, 8),  # the rule is told of all cores
    (4, "auto", None, 2),  # and of its share where the number of workers is given
    (16, "auto", None, 1),
    (4, 3, None, 3),  # what is asked for is taken
    (4, 3, 5, 5),  # but for a run that began with others
])
def test_threads_of_a_job(workers, asked, begun, threads) -> None:
    place = find_slots(Execution(workers=workers), [job(device="cpu")], machine_cores=8, gpus=())
    assert place.threads(asked, lambda most: most, begun) == threads


def test_gpus_are_slots_and_workers_go_round_them() -> None:
    place = find_slots(Execution(per_gpu=3), [job(device="auto")], machine_cores=16, gpus=("0", "2"))
    assert place.workers == 6
    assert [place.gpu(worker) for worker in range(6)] == ["0", "2", "0", "2", "0", "2"]
    assert place.threads("auto", lambda most: most) == 2
    assert find_slots(Execution(workers=4), [job(device="cuda")], machine_cores=16, gpus=("0", "2")).workers == 4


def test_jobs_that_name_the_cpu_or_one_gpu_are_given_none() -> None:
    assert find_slots(Execution(), [job(device="cpu")], machine_cores=2, gpus=("0",)) == Slots(2, 0)
    assert find_slots(Execution(), [job(device="cuda:1")], machine_cores=2, gpus=("0", "1")).gpu(0) is None


def test_visible_gpus_are_those_that_the_environment_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1, GPU-abc")
    assert visible_gpus() == ["1", "GPU-abc"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert visible_gpus() == []
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert visible_gpus() == []


def test_nets_of_one_size_are_looked_at_once(folder, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr("dlrun.sweep.execute.slots.auto_threads", lambda checked, grain, most: seen.append(most) or 2)
    plain = preflight(["dataset=digits", "model=softmax"]).config.plain
    assert plain is not None
    threads = ThreadRule(Slots(8, 0))
    assert [threads.of(job(**{**plain, "seed": seed}), None) for seed in range(5)] == [2] * 5
    assert seen == [8]
