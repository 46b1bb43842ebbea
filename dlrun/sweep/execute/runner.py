"""What all ways of running a sweep's jobs share: what becomes of a job that begins, ends, is lost or is late."""

from __future__ import annotations

import time
from dataclasses import replace

from dlrun.sweep.execute.job import Message, order
from dlrun.sweep.execute.job_queue import Agenda, free
from dlrun.sweep.execute.pending_job import Todo
from dlrun.sweep.execute.progress import Watch
from dlrun.sweep.execute.slots import Slots
from dlrun.sweep.plan.status import PRUNED, STARTED, WAITING, Entry, look

TICK = 0.25  # seconds between two looks at the clock when nothing is heard


class Broken(Exception):
    """Jobs cannot be started in the way that was asked for."""


class Runner:
    """Runs an agenda; every event is told to `watch`, every question about a job is answered by its folder."""

    def __init__(self, agenda: Agenda, slots: Slots, watch: Watch, timeout: float | None = None):
        self.agenda, self.slots, self.watch, self.timeout = agenda, slots, watch, timeout
        self.stopping = False
        self._began: dict[int, float] = {}  # by job: when it was handed out

    def next(self) -> Todo | None:
        """The job that is to be begun now; None where none is, or nothing is free for it."""
        cores = self.slots.cores if self.slots.workers else free(self.slots.cores, self.agenda.running)
        return self.agenda.next(cores, time.monotonic(), self.watch.ended)

    def begin(self, todo: Todo) -> Message:
        """What the process is told that takes the job now."""
        self._began[todo.job.number] = time.monotonic()
        if not todo.again:
            self.watch.began(todo)
        task = order(todo.job.config, todo.job.id, todo.folder, todo.threads, todo.job.words)
        return {**task, "hopeless": todo.hopeless} if todo.hopeless else task

    def ended(self, todo: Todo, message: Message) -> None:
        """A process has answered; what it came to stands in the run's folder."""
        if message["event"] == "busy":
            self.agenda.elsewhere(todo, time.monotonic())
            self.watch.elsewhere(todo, message["reason"])
            return
        entry = look(todo.folder)
        if message["event"] == "refused":
            entry = Entry("failed", {"stop_reason": message["reason"]})
        if todo.pruned and entry.status in (STARTED, WAITING):
            entry = replace(entry, status=PRUNED)
        if entry.status in (STARTED, WAITING) and not self.stopping:  # a signal came to its process alone
            self.agenda.died(todo, "interrupted")
        else:
            self.agenda.ended(todo, entry)
        self.watch.ended(todo, entry)

    def lost(self, todo: Todo, how: str) -> None:
        """The job's process has died: another one goes on from the checkpoint."""
        self.agenda.died(todo, how)
        self.watch.died(todo, how)

    def late(self, todo: Todo) -> bool:
        """Whether a job has had its time; who takes it next writes that down."""
        if self.timeout is None or todo.hopeless or time.monotonic() - self._began[todo.job.number] <= self.timeout:
            return False
        todo.hopeless = f"it took longer than timeout={self.timeout:g} seconds"
        return True
