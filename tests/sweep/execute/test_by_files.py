"""A launcher whose processes take no messages: jobs are stopped, followed and taken back by files."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from dlrun.sweep.execute.by_files import StopFile
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.polled import Lost, PolledLauncher
from dlrun.sweep.execute.slots import Slots


class Queue(PolledLauncher):
    """Jobs end as `answers` says; those in `queued` have not begun."""

    def __init__(self, logs: Path) -> None:
        super().__init__(Slots(1, 0), logs)
        self.answers: dict[str, Message | Lost] = {}
        self.queued: set[str] = set()
        self.messages: dict[str, Message] = {}

    def begin(self, message: Message) -> Any:
        self.messages[message["id"]] = message
        return message["id"]

    def answer(self, handle: Any) -> Message | None:
        found = self.answers.get(handle)
        if isinstance(found, Lost):
            raise found
        return found

    def end(self, handle: Any) -> None:
        self.answers[handle] = Lost("cancelled")

    def withdraw(self, handle: Any) -> bool:
        return handle in self.queued

    def shut_down(self) -> None:
        pass


@pytest.fixture
def launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr("dlrun.sweep.execute.polled.GLANCE", 0.0)
    return Queue(tmp_path / "logs")


def test_progress_that_a_process_writes_is_heard_once(launcher: Queue) -> None:
    launcher.submit({"id": "a"})
    assert launcher.events(0) == []
    told = {"event": "progress", "epochs": 1.5, "of": 3, "values": {"train/loss": 0.1}}
    Path(launcher.messages["a"]["progress"]).write_text(json.dumps(told))
    assert launcher.events(0) == [("a", told)] and launcher.events(0) == []
    Path(launcher.messages["a"]["progress"]).write_text('{"event": "prog')  # half of it, over a network
    assert launcher.events(0) == []
    launcher.answers["a"] = {"event": "end", "code": 0}
    assert launcher.events(0) == [("a", {"event": "end", "code": 0})] and launcher.events(0) == []


def test_a_job_is_stopped_by_its_own_file_and_one_that_has_not_begun_is_taken_back(launcher: Queue) -> None:
    launcher.queued = {"b"}
    for run_id in ("a", "b"):
        launcher.submit({"id": run_id})
    for run_id in ("a", "b", "ended already"):
        launcher.stop(run_id)
    assert Path(launcher.messages["a"]["stop"]).exists() and not Path(launcher.messages["b"]["stop"]).exists()
    assert launcher.events(0) == [("b", {"event": "end", "code": 130})]
    launcher.submit({"id": "a"})
    assert not Path(launcher.messages["a"]["stop"]).exists(), "a job that is begun again is not stopped by the old file"


def test_a_cancelled_job_is_lost_and_no_file_is_left(launcher: Queue, tmp_path: Path) -> None:
    launcher.submit({"id": "a"})
    launcher.cancel("a")
    assert launcher.events(0) == [("a", {"event": "lost", "reason": "cancelled", "blameless": False})]
    launcher.close()
    assert not list((tmp_path / "logs").iterdir())


def test_the_file_interrupts_the_run_once_and_also_within_a_fold(tmp_path: Path) -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        recorder = StopFile(tmp_path / "stop", every=0.0)
        recorder.step(None)
        (tmp_path / "stop").touch()
        recorder.fold("0", 2).step(None)
        recorder.step(None)
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [signal.SIGINT]
