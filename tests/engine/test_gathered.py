"""Threads that other programs keep from their cores go two to a core, and part when cores are free again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest
import torch

from dlrun.engine import gathered
from dlrun.engine.busy_cores import BusyCores
from dlrun.engine.gathered import Gathered, core_times
from dlrun.engine.short_waits import ShortWaits
from dlrun.record.cores import allowed, cores

PARALLEL = pytest.mark.skipif(cores() < 2 or not core_times(), reason="needs two cores, and a system that counts them")


class Stat:
    """Core times: every core works, and those that are told to be free are idle."""

    def __init__(self) -> None:
        self.ticks, self.idle = 0, False
        self._times = dict.fromkeys(allowed(), (0, 0))

    def __call__(self) -> dict[int, tuple[int, int]]:
        self._times = {core: (busy + (not self.idle) * 20, idle + self.idle * 20)
                       for core, (busy, idle) in self._times.items()}
        return self._times


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def _places() -> list[set[int]]:
    return [os.sched_getaffinity(int(thread)) for thread in os.listdir("/proc/self/task")]


@PARALLEL
def test_all_threads_of_the_process_share_half_as_many_cores_and_have_all_again(two_threads: None) -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    try:
        threads = Gathered()
        assert threads.begin()
        try:
            assert all(len(place) == 1 for place in _places())
            assert len(set(map(frozenset, _places()))) == 1
            assert cores() == len(allowed()) >= 2, "the threads of the next run are counted from this"
            assert not Gathered().begin(), "of runs side by side one gathers"
        finally:
            threads.end()
        assert all(place == allowed() for place in _places())
        threads.end()
    finally:
        over.set()
        other.join()


@PARALLEL
def test_threads_that_somebody_has_bound_to_cores_stay_there(two_threads: None) -> None:
    over, bound = threading.Event(), threading.Event()

    def rest() -> None:
        os.sched_setaffinity(0, {min(allowed())})
        bound.set()
        over.wait()

    other = threading.Thread(target=rest)
    other.start()
    try:
        bound.wait()
        before = sorted(map(sorted, _places()))
        assert not Gathered().begin()
        assert sorted(map(sorted, _places())) == before
    finally:
        over.set()
        other.join()


@PARALLEL
def test_a_process_that_is_forked_meanwhile_has_all_cores(two_threads: None) -> None:
    """In a process of its own: torch's threads are none of a fork's business."""
    program = ("import os, torch; torch.set_num_threads(2)\n"
               "from dlrun.engine.gathered import Gathered\n"
               "threads = Gathered(); assert threads.begin(); read, write = os.pipe()\n"
               "if os.fork() == 0:\n"
               "    os.write(write, str(len(os.sched_getaffinity(0))).encode()); os._exit(0)\n"
               "os.wait(); print(os.read(read, 9).decode(), len(os.sched_getaffinity(0)))\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(map(int, done.stdout.split())) == [cores(), 1]


@PARALLEL
def test_they_part_when_the_cores_that_they_left_are_idle(two_threads: None) -> None:
    stat = Stat()
    threads = Gathered(stat)
    assert threads.begin()
    try:
        assert not threads.free()
        stat.idle = True
        assert threads.free()
        stat.idle = False
        assert not threads.free()
    finally:
        threads.end()


@PARALLEL
def test_one_thread_for_each_core_and_more_are_not_gathered_where_that_would_change_nothing() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2 * cores())
    try:
        assert not Gathered().begin()
    finally:
        torch.set_num_threads(before)
    assert all(place == allowed() for place in _places())


def test_a_system_that_does_not_say_which_cores_are_idle_keeps_its_threads(two_threads: None) -> None:
    assert not Gathered(dict).begin()


@PARALLEL
def test_a_run_gathers_its_threads_while_the_cores_are_busy(
        two_threads: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stat, seconds, times = Stat(), [0.0], [0, 0]
    monkeypatch.setattr("dlrun.engine.busy_cores._active", [])
    monkeypatch.setattr(gathered, "core_times", stat)
    monkeypatch.setattr(ShortWaits, "begin", lambda waits: True)
    watch = BusyCores(lambda note: None, lambda: {"1": (times[0], times[1])}, lambda: seconds[0])

    def look(waited: int) -> None:
        seconds[0] += 0.25
        times[0] += 100
        times[1] += waited
        watch.epoch({"step": 1}, best=False)

    try:
        look(waited=100)
        look(waited=60)
        assert os.sched_getaffinity(0) == allowed(), "short waits come first, and were enough"
        look(waited=100)
        assert len(os.sched_getaffinity(0)) == 1
        for _ in range(9):  # they wait for their turns: that alone says nothing
            look(waited=100)
            assert len(os.sched_getaffinity(0)) == 1
        stat.idle = True
        for _ in range(3):
            look(waited=100)
        assert len(os.sched_getaffinity(0)) == 1
        look(waited=100)
        assert os.sched_getaffinity(0) == allowed()
        stat.idle = False
        look(waited=100)
        look(waited=100)
        assert len(os.sched_getaffinity(0)) == 1
    finally:
        watch.close()
    assert os.sched_getaffinity(0) == allowed()


@PARALLEL
def test_the_time_of_each_core_is_the_systems() -> None:
    before, end = core_times(), time.monotonic() + 0.3
    assert before.keys() >= allowed()
    while time.monotonic() < end:
        pass
    after = core_times()
    assert sum(after[core][0] - before[core][0] for core in allowed()) >= 20, "one core has worked for 30 ticks"
