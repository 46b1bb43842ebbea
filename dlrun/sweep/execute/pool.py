"""The sweep on this machine: workers, each a fresh process, that take jobs until none is left."""

from __future__ import annotations

import queue
from pathlib import Path

from dlrun.engine.signals import Signals
from dlrun.sweep.execute.job import Message
from dlrun.sweep.execute.job_queue import Agenda, free
from dlrun.sweep.execute.progress import Watch
from dlrun.sweep.execute.runner import TICK, Broken, Runner
from dlrun.sweep.execute.slots import Slots
from dlrun.sweep.execute.worker_process import Heard, Process

STILLBORN = 3  # workers that ended by themselves before they were ready: the next ones would too


class Pool(Runner):
    """`logs` is where workers write what is printed in them."""

    def __init__(self, agenda: Agenda, slots: Slots, watch: Watch, logs: Path, timeout: float | None = None):
        super().__init__(agenda, slots, watch, timeout)
        self.logs = logs
        self.workers: list[Process] = []
        self._heard: Heard = queue.SimpleQueue()
        self._stillborn = 0

    def run(self, signals: Signals) -> None:
        """Until every job has ended, too many have failed, or a signal came; then all running jobs are saved."""
        try:
            while not self.agenda.finished and not (self.stopping and not self._busy()):
                if signals.asked is not None or self.agenda.broken:
                    self._stop()
                if not self.stopping:
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
        if not self.stopping:
            self.stopping = True
            for worker in self._busy():
                if worker.todo is None or not worker.todo.pruned:  # a second signal would not wait for its checkpoint
                    worker.stop()

    def _hand_out(self) -> None:
        """Give jobs to idle workers while cores are free, and start workers that are missing."""
        self.agenda.feed(self._free(), self.watch)
        for worker in [worker for worker in self.workers if worker.todo is None and worker.ready]:
            todo = self.next()
            if todo is None:
                return
            worker.give(todo, self.begin(todo))
        waiting = len(self.workers) - len(self._busy())  # idle ones, and those that are being started
        self._start(min(len(self.agenda.left), self._room()) - waiting)

    def _free(self) -> int:
        """How many jobs of one thread would find a place now."""
        if self.slots.workers:
            return self.slots.workers - len(self._busy())
        return free(self.slots.cores, self.agenda.running)

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
                stopped = self.agenda.heard(worker.todo, message)
                for other in self._busy() if not self.stopping else ():
                    if other.todo in stopped:
                        other.spare()
            else:
                todo, worker.todo = worker.todo, None
                self.ended(todo, message)

    def _died(self, worker: Process) -> None:
        """A worker's answers have ended.  Its job goes to another one, from the checkpoint."""
        self.workers.remove(worker)
        how, todo = worker.ended(), worker.todo
        if todo is not None:
            worker.todo = None
            self.lost(todo, how)
        elif not worker.ready and how.startswith("exit"):
            self._stillborn += 1
            if self._stillborn >= STILLBORN:
                raise Broken(f"workers end before they are ready: {worker.last_words()}  ({worker.log})")

    def _end_late(self) -> None:
        """Jobs that have had their time are ended; the next worker writes that down."""
        for worker in self._busy():
            assert worker.todo is not None
            if self.late(worker.todo):
                worker.kill()
