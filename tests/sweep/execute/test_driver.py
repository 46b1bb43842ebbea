"""What becomes of jobs on a launcher that only plays: no process is started, folders are written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dlrun.engine.signals import Signals
from dlrun.record.plan import Job, Plan
from dlrun.sweep.execute.driver import Driver
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.job_queue import JobQueue
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.execute.slots import Slots
from dlrun.sweep.plan.status import JobState

Answer = Callable[[Message, int], list[Message]]  # the job's message, how often it was begun -> what is heard of it


class Played(Launcher):
    """Answers for each job what `answer` says, at once; `log` has what was asked of it."""

    def __init__(self, slots: Slots, answer: Answer):
        self.slots, self._answer = slots, answer
        self.log: list[str] = []
        self.most = 0  # jobs side by side
        self._begun: dict[str, int] = {}
        self._due: list[tuple[str, Message]] = []
        self._in_hand: set[str] = set()

    def ready(self, jobs: int, threads: int) -> int:
        return jobs

    def submit(self, message: Message) -> None:
        run_id = message["id"]
        self._begun[run_id] = self._begun.get(run_id, 0) + 1
        self._in_hand.add(run_id)
        self.most = max(self.most, len(self._in_hand))
        self.log.append(f"submit {run_id}" + (" to abandon" if message.get("abandon_reason") else ""))
        self._due += [(run_id, found) for found in self._answer(message, self._begun[run_id])]

    def events(self, seconds: float) -> list[tuple[str, Message]]:
        found, self._due = self._due, []
        self._in_hand -= {run_id for run_id, message in found if message["event"] != "progress"}
        return found

    def stop(self, run_id: str) -> None:
        self.log.append(f"stop {run_id}")
        self._due.append((run_id, {"event": "end", "code": 130}))

    def cancel(self, run_id: str) -> None:
        self.log.append(f"cancel {run_id}")
        self._due.append((run_id, {"event": "lost", "reason": "killed by SIGKILL"}))

    def close(self) -> None:
        self.log.append("close")


def end(message: Message, status: str) -> list[Message]:
    """The job comes to an end that stands in its folder."""
    folder = Path(message["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps({"status": status, "stop_reason": status}))
    return [{"event": "end", "code": 0}]


def drive(folder: Path, count: int, answer: Answer, slots: Slots | None = None, threads: int = 1,
          signal: int | None = None, timeout: float | None = None,
          max_failures: int | None = None) -> tuple[Played, Progress, JobQueue]:
    jobs = [Job(number, f"id{number}", f"x/{number}", 0, {}, (), {}) for number in range(1, count + 1)]
    plan = Plan("mine", folder, {}, [0], jobs)
    pending = [PendingJob(job, folder / job.folder, threads, JobState("waiting")) for job in jobs]
    queue, launcher = JobQueue(pending, max_failures), Played(slots or Slots(2, 0), answer)
    progress = Progress(plan, [JobState("waiting")] * count, list(pending))
    signals = Signals()
    signals.received = signal
    Driver(queue, launcher, progress, timeout).run(signals)
    assert launcher.log[-1] == "close"
    return launcher, progress, queue


@pytest.mark.parametrize(("slots", "threads", "side"), [
    (Slots(4, 0), 1, 4), (Slots(4, 0), 2, 2), (Slots(4, 0), 8, 1), (Slots(4, 3), 1, 3), (Slots(1, 3), 4, 1)])
def test_as_many_jobs_run_side_by_side_as_find_cores_or_workers(tmp_path: Path, slots: Slots, threads: int,
                                                                side: int) -> None:
    launcher, progress, _ = drive(tmp_path, 9, lambda message, begun: end(message, "finished"), slots, threads)
    assert launcher.most == side
    assert progress.counts() == "9 jobs: 9 done"


def test_a_job_whose_process_dies_is_begun_again_and_given_up_after_three_deaths(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        if message.get("abandon_reason"):
            assert message["abandon_reason"] == "its worker died 3 times at the same place: killed"
            return end(message, "failed")
        return [{"event": "lost", "reason": "killed"}] if message["id"] == "id1" else end(message, "finished")

    launcher, progress, queue = drive(tmp_path, 2, answer)
    assert launcher.log.count("submit id1") == 3 and launcher.log.count("submit id1 to abandon") == 1
    assert progress.counts() == "2 jobs: 1 done, 1 failed" and queue.failed == 1


def test_a_process_that_is_ended_for_another_jobs_sake_is_no_death_of_its_own(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        return [{"event": "lost", "reason": "x", "blameless": True}] if begun < 9 else end(message, "finished")

    launcher, progress, _ = drive(tmp_path, 1, answer)
    assert launcher.log.count("submit id1") == 9 and progress.counts() == "1 job: 1 done"


def test_a_job_that_takes_too_long_is_cancelled_and_written_down_as_failed(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        return end(message, "failed") if message.get("abandon_reason") else []

    launcher, progress, _ = drive(tmp_path, 1, answer, timeout=0.0)
    assert launcher.log == ["submit id1", "cancel id1", "submit id1 to abandon", "close"]
    assert progress.counts() == "1 job: 1 failed"


def test_a_signal_stops_every_running_job_once_and_begins_no_other(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        signals.received = 2
        return []

    jobs = [Job(number, f"id{number}", f"x/{number}", 0, {}, (), {}) for number in range(1, 4)]
    pending = [PendingJob(job, tmp_path / job.folder, 1, JobState("waiting")) for job in jobs]
    signals, launcher = Signals(), Played(Slots(2, 0), answer)
    progress = Progress(Plan("mine", tmp_path, {}, [0], jobs), [JobState("waiting")] * 3, pending)
    queue = JobQueue(pending)
    Driver(queue, launcher, progress).run(signals)
    assert launcher.log == ["submit id1", "submit id2", "stop id1", "stop id2", "close"]
    assert [one.job.id for one in queue.waiting] == ["id3"] and not queue.running


def test_so_many_failures_stop_the_jobs_that_run(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        return end(message, "failed") if message["id"] == "id1" else []

    launcher, progress, _ = drive(tmp_path, 4, answer, max_failures=1)
    assert launcher.log == ["submit id1", "submit id2", "stop id2", "close"]


def test_a_job_that_another_process_trains_is_asked_for_again_and_found_done(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        end(message, "finished")
        return [{"event": "busy", "reason": "process 7 trains it"}]

    launcher, progress, _ = drive(tmp_path, 1, answer)
    assert launcher.log == ["submit id1", "close"] and progress.counts() == "1 job: 1 done"


def test_progress_is_shown_and_what_comes_after_the_end_is_not(tmp_path: Path) -> None:
    def answer(message: Message, begun: int) -> list[Message]:
        told = {"event": "progress", "epochs": 3, "of": 4, "values": {"val/loss": 0.5}}
        return [told, *end(message, "finished"), {**told, "epochs": 1}]

    _, progress, _ = drive(tmp_path, 1, answer)
    assert progress.jobs[1].done == 1.0 and progress.jobs[1].status == "finished"
