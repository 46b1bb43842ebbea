"""Other work on the cores: it is seen, threads wait without spinning meanwhile, and no bit changes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch

from dlrun.engine import busy_cores, short_waits
from dlrun.engine.busy_cores import BusyCores, thread_times, waiting_share
from dlrun.engine.gathered import Gathered
from dlrun.engine.short_waits import ShortWaits
from dlrun.record.cores import allowed, cores
from tests.whole.equal import assert_same_run

PARALLEL = pytest.mark.skipif(cores() < 2 or not os.path.isdir("/proc/self/task"), reason="needs two cores and Linux")


class Machine:
    """Two threads that are told how long they wait for a core; `begun` and `ended` count short waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, possible: bool = True):
        self.seconds, self.ran, self.waited, self.begun, self.ended, self.notes = 0.0, 0, 0, 0, 0, []
        self.possible = possible
        monkeypatch.setattr(busy_cores, "_active", [])
        monkeypatch.setattr(Gathered, "begin", lambda threads: False)
        monkeypatch.setattr(ShortWaits, "begin", lambda waits: self.begin())
        monkeypatch.setattr(ShortWaits, "end", lambda waits: self.end())
        self.watch = BusyCores(self.notes.append, lambda: {"1": (self.ran, self.waited), "2": (0, 0)},
                               lambda: self.seconds)

    def begin(self) -> bool:
        self.begun += 1
        return self.possible

    def end(self) -> None:
        self.ended += 1

    def epochs(self, count: int, share: float, seconds: float = 0.25) -> None:
        for _ in range(count):
            self.seconds += seconds
            self.ran += round(1e9 * (1 - share) * seconds)
            self.waited += round(1e9 * share * seconds)
            self.watch.epoch({"step": round(4 * self.seconds)}, best=False)


def test_threads_wait_without_spinning_while_other_work_has_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    machine.epochs(10, share=0.2)
    assert (machine.begun, machine.notes) == (0, [])
    machine.epochs(10, share=0.5)
    assert (machine.begun, machine.ended) == (1, 0)
    machine.epochs(3, share=0.0)
    assert machine.ended == 0, "a second that is free has to follow"
    machine.epochs(1, share=0.0)
    assert machine.ended == 1
    assert machine.notes == ["other work keeps the cores busy (step 11): threads wait without spinning, "
                             "which changes no result"]


def test_cores_that_are_busy_time_and_again_have_to_be_free_for_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    for free in (4, 8, 16, 32, 64, 64):
        machine.epochs(1, share=0.5)
        machine.epochs(free - 1, share=0.0)
        assert machine.ended == machine.begun - 1
        machine.epochs(1, share=0.0)
        assert machine.ended == machine.begun
    assert machine.begun == 6 and len(machine.notes) == 1


def test_what_was_begun_is_ended_with_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    machine.epochs(1, share=0.5)
    machine.watch.close()
    machine.watch.close()
    assert (machine.begun, machine.ended) == (1, 1)


def test_of_runs_side_by_side_one_looks_and_the_next_one_when_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    first, other = machine.watch, BusyCores(machine.notes.append, machine.watch._read, machine.watch._now)
    for watch in (other, first, other):
        machine.watch = watch
        machine.epochs(2, share=0.5)
    assert (machine.begun, machine.ended, len(machine.notes)) == (1, 0, 1)
    first.close()
    assert machine.ended == 1
    machine.epochs(1, share=0.5)
    assert (machine.begun, machine.ended) == (2, 1)
    other.close()
    assert machine.ended == 2 and busy_cores._active == []


def test_where_waiting_cannot_be_changed_it_is_tried_once_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, possible=False)
    machine.epochs(20, share=0.5)
    machine.watch.close()
    assert (machine.begun, machine.ended) == (1, 0)
    assert machine.notes == ["other work keeps the cores busy (step 1): threads=1 would wait for no other thread, "
                             "and give other last bits"]


def test_short_epochs_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch)
    machine.epochs(6, share=0.5, seconds=1 / 32)
    assert machine.begun == 0
    machine.epochs(1, share=0.5, seconds=1 / 32)
    assert machine.begun == 1


def test_a_system_that_does_not_count_waiting_is_never_busy() -> None:
    assert waiting_share({}, {}) == 0.0
    assert waiting_share({"1": (5, 5)}, {"2": (9, 9)}) == 0.0


@PARALLEL
def test_the_time_of_each_thread_is_the_kernels() -> None:
    before, clock = thread_times(), time.thread_time()
    while time.thread_time() - clock < 0.05:
        pass
    after, name = thread_times(), str(threading.get_native_id())
    assert (after[name][0] - before[name][0]) / 1e9 == pytest.approx(0.05, abs=0.02)


# The library that torch computes with, in a process that nothing has told how threads wait, as the tests are told.
SPUN = """
import ctypes, sys, time
team = ctypes.CDLL(sys.argv[1], ctypes.RTLD_GLOBAL)
from dlrun.engine.short_waits import ShortWaits

def seconds():
    before = time.process_time()
    for _ in range(20):
        team.GOMP_parallel(ctypes.cast(team.omp_get_num_threads, ctypes.c_void_p), None, 2, 0)
        time.sleep(0.005)
    return time.process_time() - before

seconds()
waits, found = ShortWaits(), [seconds()]
assert waits.begin()
found.append(seconds())
waits.end()
print(*found, seconds())
"""


@PARALLEL
def test_threads_with_short_waits_use_no_processor_while_they_wait() -> None:
    library = Path(torch.__file__).parent / "lib" / "libgomp.so.1"
    if not library.is_file():
        pytest.skip("this torch has no libgomp of its own")
    told = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    done = subprocess.run([sys.executable, "-c", SPUN, library], env=told, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    spinning, short, again = map(float, done.stdout.split())
    assert short < spinning / 3 and short < again / 3, done.stdout


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"])
def test_a_user_who_has_said_how_threads_wait_is_left_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "ACTIVE" if name.startswith("OMP") else "7")
    before = threading.active_count()
    assert not ShortWaits().begin()
    assert threading.active_count() == before


@PARALLEL
def test_a_limit_of_threads_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(short_waits._Team, "start", lambda team: pytest.fail("libgomp would end the process"))
    assert not ShortWaits().begin()
    assert started and not started[0].is_alive()


@PARALLEL
def test_a_run_on_busy_cores_has_the_bits_of_an_undisturbed_one(
        go, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["dataset=digits", "model=dense", "model.hidden=[256]", "model.dropout=0.3", "epochs=3", "threads=2",
               "device=cpu"]
    monkeypatch.setattr(busy_cores, "BUSY", 2.0)
    alone = go(*command, f"output_dir={tmp_path}/alone")
    begun: list[bool] = []
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(busy_cores, "BUSY", -1.0)
    monkeypatch.setattr(busy_cores, "WINDOW", 0.0)
    begin = ShortWaits.begin
    monkeypatch.setattr(ShortWaits, "begin", lambda waits: begun.append(begin(waits)) or begun[-1])
    busy = go(*command, f"output_dir={tmp_path}/busy")
    assert begun == [True]
    assert os.sched_getaffinity(0) == allowed()
    assert not [thread for thread in threading.enumerate() if thread.name == "dlrun-crowd"]
    assert_same_run(alone.folder, busy.folder)
