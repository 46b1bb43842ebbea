"""A worker of a sweep: a process of its own that takes one job after another: messages on stdin, answers on stdout.

Lines of JSON go both ways (`job_message`); ``{"stop": id}`` ends one job.  The worker ends when stdin ends.  Should
that happen in the middle of a job, the sweep has died: the job is saved first.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from types import FrameType
from typing import TextIO

from dlrun.run.run import uncollected
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.progress_recorder import ProgressRecorder
from dlrun.sweep.execute.run_job import run_job


class Worker:
    """`busy` while a job is in hand; `closed` when nobody is there any more to hand one out."""

    def __init__(self, inbox: TextIO, out: TextIO):
        self.busy, self.closed = threading.Event(), threading.Event()
        self._signal: int | None = None  # came before the run listened to it
        self._run_id = ""  # of the job in hand, or of the last one
        self._stopped = ""  # of the job that the sweep has asked to stop
        self._jobs: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._in, self._out = inbox, out

    def main(self) -> int:
        """Take jobs until there are no more; the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._came)
        threading.Thread(target=self._listen, daemon=True).start()
        with uncollected():
            import dlrun.run.training  # noqa: F401  torch, once for all jobs

        self.send({"event": "ready"})
        while (message := self._jobs.get()) is not None:
            if self._job_signal_pending:  # what ended the last job is over
                self._signal = None
            self._run_id = message["id"]
            self.busy.set()
            if self.closed.is_set():  # the sweep died as it handed out this job
                return 1
            # Asked to stop before it was begun: `_listen` may have looked before `busy` was set.
            answer: Message = {"event": "end", "code": 130}
            if not self._job_signal_pending:
                answer = self._pack(message) if "members" in message else run_job(
                    message, ProgressRecorder(self.send, self._deliver))
            self.busy.clear()
            self.send(answer)
            if answer.get("code", 0) > 128 and not self._job_signal_pending:  # a signal came to this process alone
                return int(answer["code"])
        return 0

    def _pack(self, message: Message) -> Message:
        """Train a pack, whose first member to begin hears of a signal that came before."""
        from dlrun.sweep.execute.run_pack import run_pack

        def recorder(job: Message) -> ProgressRecorder:
            first = job["id"] == message["id"]
            return ProgressRecorder(lambda said: self.send({**said, "job": job["id"]}),
                                    self._deliver if first else lambda: None, every=1.0)

        return run_pack(message, self.send, recorder)

    @property
    def _job_signal_pending(self) -> bool:
        """Whether a signal that came, or is about to come, ends only the job and not the worker."""
        return self._stopped != "" and self._stopped == self._run_id

    def send(self, message: Message) -> None:
        """Answer the sweep; one that has died hears nothing."""
        try:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()
        except BrokenPipeError:
            pass  # stdin has ended too, which stops the run

    def _listen(self) -> None:
        for line in self._in:
            message = json.loads(line)
            if "stop" not in message:
                self._jobs.put(message)
                continue
            self._stopped = message["stop"]
            if self.busy.is_set() and self._job_signal_pending:
                os.kill(os.getpid(), signal.SIGINT)
        self.closed.set()
        self._jobs.put(None)
        if self.busy.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    def _came(self, number: int, frame: FrameType | None) -> None:
        """A signal while no run listens to it (engine.signals): the next one hears of it."""
        if self.busy.is_set():
            self._signal = number
        elif not self._job_signal_pending:  # else the job has ended by itself in the meantime
            sys.exit(128 + number)

    def _deliver(self) -> None:
        """A run has its own handlers in place now."""
        if self._signal is not None:
            signal.raise_signal(self._signal)


def main() -> int:
    """The process that `worker_process` starts."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a user's code prints goes to the worker's log, not between the answers
    return Worker(sys.stdin, out).main()
