"""The order of a sweep, without processes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dlrun.record.plan import Job
from dlrun.sweep.execute.job_queue import MAX_DEATHS, JobQueue, free_cores
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.plan.status import JobState, read_job


def pending(folder: Path, number: int, threads: int = 1) -> PendingJob:
    job = Job(number, f"id{number}", f"x/{number}", 0, {}, (), {})
    return PendingJob(job, folder / str(number), threads, JobState("waiting"))


def fail(one: PendingJob, state: JobState) -> None:
    raise AssertionError("nothing was done elsewhere")


def test_jobs_come_in_order_and_side_by_side_while_cores_are_left(tmp_path: Path) -> None:
    queue = JobQueue([pending(tmp_path, 1, 2), pending(tmp_path, 2, 2), pending(tmp_path, 3, 1)])
    first = queue.take(3, 0.0, fail)
    assert first is not None and first.job.number == 1
    assert free_cores(3, queue.running) == 1
    third = queue.take(1, 0.0, fail)
    assert third is not None and third.job.number == 3, "the second does not fit beside the first"
    assert queue.take(0, 0.0, fail) is None
    queue.ended(first, JobState("finished"))
    second = queue.take(2, 0.0, fail)
    assert second is not None and second.job.number == 2


def test_a_job_with_more_threads_than_cores_runs_alone(tmp_path: Path) -> None:
    queue = JobQueue([pending(tmp_path, 1, 8), pending(tmp_path, 2, 1)])
    first = queue.take(2, 0.0, fail)
    assert first is not None and first.threads == 8
    assert queue.take(free_cores(2, queue.running), 0.0, fail) is None


def test_a_job_that_runs_elsewhere_is_offered_again_later_and_less_and_less_often(tmp_path: Path) -> None:
    queue = JobQueue([pending(tmp_path, 1), pending(tmp_path, 2)])
    one = queue.take(1, 0.0, fail)
    assert one is not None
    queue.runs_elsewhere(one, 0.0)
    other = queue.take(1, 0.0, fail)
    assert other is not None and other.job.number == 2, "the next one comes first"
    assert queue.take(1, 0.9, fail) is None
    assert queue.take(1, 1.1, fail) is one
    queue.runs_elsewhere(one, 10.0)
    assert queue.take(1, 11.9, fail) is None and queue.take(1, 12.1, fail) is one
    assert not queue.finished


def test_what_was_done_elsewhere_is_taken_off(tmp_path: Path) -> None:
    queue, gone = JobQueue([pending(tmp_path, 1)]), []
    one = queue.take(1, 0.0, fail)
    assert one is not None
    queue.runs_elsewhere(one, 0.0)
    one.folder.mkdir()
    (one.folder / "result.json").write_text(json.dumps({"status": "stopped"}))
    assert queue.take(1, 2.0, lambda pending, state: gone.append((pending, state.status))) is None
    assert gone == [(one, "stopped")] and queue.finished


@pytest.mark.parametrize(("status", "failed"), [("failed", True), ("diverged", True), ("out_of_memory", True),
                                                ("finished", False), ("stopped", False), ("interrupted", False)])
def test_so_many_failures_break_a_sweep(tmp_path: Path, status: str, failed: bool) -> None:
    queue = JobQueue([pending(tmp_path, number) for number in range(3)], max_failures=2)
    for _ in range(2):
        one = queue.take(1, 0.0, fail)
        assert one is not None and not queue.too_many_failures
        queue.ended(one, JobState(status))
    assert queue.too_many_failures is failed


def test_a_job_that_kills_its_worker_at_the_same_place_again_and_again_is_given_up(tmp_path: Path) -> None:
    queue = JobQueue([pending(tmp_path, 1)])
    checkpoint = tmp_path / "1" / "checkpoints" / "last.pt"
    checkpoint.parent.mkdir(parents=True)
    for death in range(10):  # it gets further each time
        checkpoint.write_bytes(b"")
        os.utime(checkpoint, ns=(death + 1, death + 1))
        one = queue.take(1, 0.0, fail)
        assert one is not None
        queue.worker_died(one, "killed by SIGKILL")
        assert not one.abandon_reason
    for _ in range(MAX_DEATHS - 1):
        one = queue.take(1, 0.0, fail)
        assert one is not None
        queue.worker_died(one, "killed by SIGSEGV")
    assert one.abandon_reason == f"its worker died {MAX_DEATHS} times at the same place: killed by SIGSEGV"


@pytest.mark.parametrize(("status", "plain", "retry"), [
    ("finished", False, False), ("stopped", False, False), ("diverged", False, False), ("interrupted", True, True),
    ("failed", False, True), ("out_of_memory", False, True)])
def test_what_is_trained_when_the_command_comes_again(tmp_path: Path, status: str, plain: bool, retry: bool) -> None:
    (tmp_path / "result.json").write_text(json.dumps({"status": status, "stop_reason": "why"}))
    state = read_job(tmp_path)
    assert (state.is_pending(False), state.is_pending(True)) == (plain, retry)
    assert state.reason == ("why" if state.failed else "")


def test_the_threads_of_a_run_are_known_only_where_it_would_go_on(tmp_path: Path) -> None:
    assert read_job(tmp_path) == JobState("waiting")
    (tmp_path / "provenance.json").write_text('{"threads": 3}')
    assert read_job(tmp_path).threads is None
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "last.pt").write_bytes(b"")
    assert read_job(tmp_path) == JobState("interrupted", {}, 3, {})
    (tmp_path / "result.json").write_text("{")
    assert read_job(tmp_path).failed and "is not readable" in read_job(tmp_path).reason
