"""The sweep on this machine: workers, each a fresh process, that take jobs until none is left."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from pathlib import Path

from dlrun.engine.signals import Signals
from dlrun.sweep.agenda import Agenda, Todo, free
from dlrun.sweep.job import Message, order
from dlrun.sweep.ledger import STARTED, WAITING, Entry, look
from dlrun.sweep.process import Heard, Process
from dlrun.sweep.slots import Slots
from dlrun.sweep.watch import Watch

TICK = 0.25  # seconds between two looks at the clock when nothing is heard
STILLBORN = 3  # workers that ended by themselves before they were ready: the next ones would too


class Broken(Exception):
    """Workers cannot be started here."""


class Pool:
    """Runs an agenda; every event is told to `watch`, every question about a job is answered by its folder."""

    def __init__(self, agenda: Agenda, slots: Slots, watch: Watch, logs: Path, timeout: float | None = None,
                 clock: Callable[[], float] = time.monotonic):
        self.agenda, self.slots, self.watch, self.logs, self.timeout = agenda, slots, watch, logs, timeout
        self.workers: list[Process] = []
        self._clock = clock
        self._heard: Heard = queue.SimpleQueue()
        self._stillborn = 0
        self._began: dict[int, float] = {}  # by job: when it was handed out
        self._stopping = False

    def run(self, signals: Signals) -> None:
        """Until every job has ended, too many have failed, or a signal came; then all running jobs are saved."""
        try:
            while not self.agenda.finished and not (self._stopping and not self._busy()):
                if signals.asked is not None or self.agenda.broken:
                    self._stop()
                if not self._stopping:
                    self._hand_out()
                    self._end_late()
                try:
                    self._answer(*self._heard.get(timeout=TICK))
                except queue.Empty:
                    pass
                self.watch.tick()
        finally:
            for worker in self.workers:  # one that is still loading torch has nothing to save
                worker.close() if worker.ready else worker.kill()
            for worker in self.workers:
                worker.ended()

    def _busy(self) -> list[Process]:
        return [worker for worker in self.workers if worker.todo is not None]

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            for worker in self._busy():
                worker.stop()

    def _hand_out(self) -> None:
        """Give jobs to idle workers while cores are free, and start workers that are missing."""
        for worker in [worker for worker in self.workers if worker.todo is None and worker.ready]:
            todo = self._next()
            if todo is None:
                return
            self._began[todo.job.number] = self._clock()
            task = order(todo.job.config, todo.job.id, todo.folder, todo.threads, todo.job.words)
            worker.give(todo, {**task, "hopeless": todo.hopeless} if todo.hopeless else task)
            if not todo.again:
                self.watch.began(todo)
        waiting = len(self.workers) - len(self._busy())  # idle ones, and those that are being started
        self._start(min(len(self.agenda.left), self._room()) - waiting)

    def _next(self) -> Todo | None:
        cores = self.slots.cores if self.slots.workers else free(self.slots.cores, self.agenda.running)
        return self.agenda.next(cores, self._clock(), self.watch.ended)

    def _room(self) -> int:
        """How many more workers would find cores (or slots) for a job."""
        if self.slots.workers:
            return self.slots.workers - len(self._busy())
        room, left = 0, free(self.slots.cores, self.agenda.running)
        for todo in self.agenda.left:
            if todo.threads <= left or (room == 0 and not self.agenda.running):
                room, left = room + 1, left - todo.threads
        return room

    def _start(self, count: int) -> None:
        threads = max(todo.threads for todo in self.agenda.left) if self.agenda.left else 1
        for _ in range(count):
            number = next(k for k in range(len(self.workers) + 1) if all(w.number != k for w in self.workers))
            self.workers.append(Process(number, self.logs / f"worker-{number}.log", self._heard, threads,
                                        self.slots.gpu(number)))

    def _answer(self, worker: Process, message: Message | None) -> None:
        if message is None:
            self._died(worker)
        elif message["event"] == "ready":
            worker.ready, self._stillborn = True, 0
        elif worker.todo is not None:
            if message["event"] == "progress":
                self.watch.progress(worker.todo, message)
            else:
                todo, worker.todo = worker.todo, None
                self._ended(todo, message)

    def _ended(self, todo: Todo, message: Message) -> None:
        if message["event"] == "busy":
            self.agenda.elsewhere(todo, self._clock())
            self.watch.elsewhere(todo, message["reason"])
            return
        entry = look(todo.folder)
        if message["event"] == "refused":
            entry = Entry("failed", {"stop_reason": message["reason"]})
        if entry.status in (STARTED, WAITING) and not self._stopping:  # a signal came to this worker alone
            self.agenda.died(todo, "interrupted")
        else:
            self.agenda.ended(todo, entry)
        self.watch.ended(todo, entry)

    def _died(self, worker: Process) -> None:
        """A worker's answers have ended.  Its job goes to another one, from the checkpoint."""
        self.workers.remove(worker)
        how, todo = worker.ended(), worker.todo
        if todo is not None:
            worker.todo = None
            self.agenda.died(todo, how)
            self.watch.died(todo, how)
        elif not worker.ready and how.startswith("exit"):
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise Broken(f"workers end before they are ready: {worker.last_words()}  ({worker.log})")

    def _end_late(self) -> None:
        """Jobs that have had their time are ended; the next worker writes that down."""
        for worker in self._busy() if self.timeout is not None else ():
            todo = worker.todo
            assert todo is not None and self.timeout is not None
            if not todo.hopeless and self._clock() - self._began[todo.job.number] > self.timeout:
                todo.hopeless = f"it took longer than timeout={self.timeout:g} seconds"
                worker.kill()
