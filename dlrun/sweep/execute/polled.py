"""Launchers whose processes take no messages: jobs are asked for their answers, stopped and followed by files."""

from __future__ import annotations

import json
import os
import shutil
import time
from abc import abstractmethod
from pathlib import Path
from typing import Any

from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.slots import Slots

GLANCE = 1.0  # seconds between two looks at how far the running jobs are


class Lost(Exception):
    """The process of a job has died; the message says how.  `blameless`: it was ended for another job's sake."""

    def __init__(self, how: str, blameless: bool = False):
        super().__init__(how)
        self.blameless = blameless


class PolledLauncher(Launcher):
    """The subclass begins `by_files.run_by_files` in a process of its own and asks what came of it.

    Below `logs` lies a folder for the files of this start's jobs: ``<id>.stop`` and ``<id>.json``, its progress.
    """

    def __init__(self, slots: Slots, logs: Path):
        self.slots = slots
        self._folder = logs.absolute() / f"jobs-{os.getpid()}-{time.time_ns()}"
        self._handles: dict[str, Any] = {}
        self._withdrawn: list[str] = []
        self._followed: dict[str, str] = {}  # the progress that was last read
        self._glanced = 0.0

    @abstractmethod
    def begin(self, message: Message) -> Any:
        """Begin a job or queue it; what `answer` is asked about."""

    @abstractmethod
    def answer(self, handle: Any) -> Message | None:
        """The job's result, None while it runs; raises Lost."""

    @abstractmethod
    def end(self, handle: Any) -> None:
        """End a job at once."""

    def withdraw(self, handle: Any) -> bool:
        """Take back a job that has not begun; False where it has, or where nobody knows."""
        return False

    @abstractmethod
    def shut_down(self) -> None:
        """End the processes, which have no jobs any more."""

    def ready(self, jobs: int, threads: int) -> int:
        return jobs

    def submit(self, message: Message) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        run_id = message["id"]
        for file in (self._stop_file(run_id), self._progress_file(run_id)):  # of an earlier process of the same job
            file.unlink(missing_ok=True)
        self._handles[run_id] = self.begin({**message, "stop": str(self._stop_file(run_id)),
                                            "progress": str(self._progress_file(run_id))})

    def events(self, seconds: float) -> list[tuple[str, Message]]:
        time.sleep(seconds)
        found = self._progress() if time.monotonic() - self._glanced >= GLANCE else []
        while self._withdrawn:
            found.append((self._withdrawn.pop(), {"event": "end", "code": 130}))
        for run_id, handle in list(self._handles.items()):
            try:
                message = self.answer(handle)
            except Lost as lost:
                message = {"event": "lost", "reason": str(lost), "blameless": lost.blameless}
            if message is not None:
                del self._handles[run_id]
                self._followed.pop(run_id, None)
                found.append((run_id, message))
        return found

    def stop(self, run_id: str) -> None:
        if run_id not in self._handles:  # it has answered already
            return
        if self.withdraw(self._handles[run_id]):
            del self._handles[run_id]
            self._withdrawn.append(run_id)
        else:
            self._stop_file(run_id).touch()

    def cancel(self, run_id: str) -> None:
        if run_id in self._handles:
            self.end(self._handles[run_id])

    def close(self) -> None:
        self.shut_down()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _progress(self) -> list[tuple[str, Message]]:
        self._glanced = time.monotonic()
        found = []
        for run_id in self._handles:
            try:
                text = self._progress_file(run_id).read_text(encoding="utf-8")
                message = json.loads(text)
            except (OSError, ValueError):  # not begun, or half seen over a network
                continue
            if text != self._followed.get(run_id):
                self._followed[run_id] = text
                found.append((run_id, message))
        return found

    def _stop_file(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.stop"

    def _progress_file(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.json"
