"""A worker of a sweep: a process of its own that takes one job after another, told on stdin, answering on stdout.

Lines of JSON go both ways; `sweep.pool` starts it.  It ends when stdin ends.  Should that happen in the middle of a
job, the sweep has died: the job is saved first.
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

from dlrun.sweep.execute.job import Forward, Message, execute, give_up


class Worker:
    """`busy` while a job is in hand; `closed` when nobody is there any more to hand one out."""

    def __init__(self, inbox: TextIO, out: TextIO):
        self.busy, self.closed = threading.Event(), threading.Event()
        self._asked: int | None = None
        self._job = ""  # the id of the job in hand
        self._spared = False  # the signal that is to come ends that job alone
        self._tasks: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._in, self._out = inbox, out

    def main(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._came)
        threading.Thread(target=self._listen, daemon=True).start()
        import dlrun.run.run  # noqa: F401  torch, once for all jobs

        self.send({"event": "ready"})
        while (task := self._tasks.get()) is not None:
            self._job = task["id"]
            if self._spared:  # what ended the last job is over
                self._spared, self._asked = False, None
            self.busy.set()
            if self.closed.is_set():  # the sweep died as it handed out this job
                return 1
            hopeless = task.get("hopeless")
            answer = give_up(task, hopeless) if hopeless else execute(task, Forward(self.send, self._deliver))
            self.busy.clear()
            self.send(answer)
            if answer.get("code", 0) > 128 and not self._spared:  # a signal asked for the end
                return int(answer["code"])
        return 0

    def send(self, message: Message) -> None:
        try:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()
        except BrokenPipeError:
            pass  # the sweep has died; stdin has ended too, which stops the run

    def _listen(self) -> None:
        for line in self._in:
            message = json.loads(line)
            if "stop" not in message:
                self._tasks.put(message)
            elif self.busy.is_set() and self._job == message["stop"]:
                self._spared = True
                os.kill(os.getpid(), signal.SIGINT)
        self.closed.set()
        self._tasks.put(None)
        if self.busy.is_set():
            os.kill(os.getpid(), signal.SIGTERM)

    def _came(self, number: int, frame: FrameType | None) -> None:
        """A signal while no run listens to it (engine.signals): the next one hears of it."""
        if not self.busy.is_set():
            if self._spared:  # the job has ended by itself in the meantime
                return
            sys.exit(128 + number)
        self._asked = number

    def _deliver(self) -> None:
        """A run has its own handlers in place now."""
        if self._asked is not None:
            signal.raise_signal(self._asked)


def main() -> int:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a user's code prints goes to the worker's log, not between the answers
    return Worker(sys.stdin, out).main()
