"""Jobs in the process that plans the sweep, one after another."""

from __future__ import annotations

import signal
import sys

from dlrun.record.recorder import Recorder
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.run_job import run_job
from dlrun.sweep.execute.slots import Slots


class InlineLauncher(Launcher):
    """A job is trained when its events are asked for; nothing else is heard meanwhile."""

    def __init__(self, slots: Slots):
        self.slots = slots
        self._message: Message | None = None

    def ready(self, jobs: int, threads: int) -> int:
        return min(jobs, 1) if self._message is None else 0

    def submit(self, message: Message) -> None:
        self._message = message

    def events(self, seconds: float) -> list[tuple[str, Message]]:
        if self._message is None:
            return []
        message, self._message = self._message, None
        found: list[tuple[str, Message]] = []
        if "members" in message:
            from dlrun.sweep.execute.run_pack import run_pack

            answer = run_pack(message, lambda said: found.append((said["job"], said)), lambda job: Recorder())
        else:
            answer = run_job(message, Recorder())
            found.append((message["id"], answer))
        if (code := answer.get("code", 0)) > 128:  # the run has saved itself; the sweep has to hear of it too
            signal.raise_signal(signal.Signals(code - 128))
        return found

    def stop(self, run_id: str) -> None:
        pass  # the job in hand has ended before anybody can ask

    def cancel(self, run_id: str) -> None:
        pass

    def close(self) -> None:
        trained = sys.modules.get("dlrun.engine.processes")  # which loads torch
        if trained is not None:
            trained.Processes.forget_rows()
