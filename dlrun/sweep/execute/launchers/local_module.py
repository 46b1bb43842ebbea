"""Workers on this machine: fresh processes that take one job after another until none is left."""

from __future__ import annotations

import queue
from pathlib import Path

from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.launcher import CannotStart, Launcher
from dlrun.sweep.execute.slots import Slots
from dlrun.sweep.execute.worker_process import Inbox, WorkerProcess

MAX_FAILED_STARTS = 3  # workers that ended by themselves before they were ready: the next ones would too


class LocalLauncher(Launcher):
    """`logs` is where workers write what is printed in them."""

    def __init__(self, slots: Slots, logs: Path):
        self.slots, self.logs = slots, logs
        self.workers: list[WorkerProcess] = []
        self._inbox: Inbox = queue.SimpleQueue()
        self._failed_starts = 0

    def ready(self, jobs: int, threads: int) -> int:
        idle = [worker for worker in self.workers if not worker.run_id]  # some of them are still loading torch
        for _ in range(jobs - len(idle)):
            number = next(k for k in range(len(self.workers) + 1) if all(w.number != k for w in self.workers))
            self.workers.append(WorkerProcess(number, self.logs / f"worker-{number}.log", self._inbox, threads,
                                              self.slots.gpu(number)))
        return min(jobs, sum(worker.ready for worker in idle))

    def submit(self, message: Message) -> None:
        next(worker for worker in self.workers if worker.ready and not worker.run_id).give(message)

    def events(self, seconds: float) -> list[tuple[str, Message]]:
        found: list[tuple[str, Message]] = []
        try:
            heard = self._inbox.get(timeout=seconds)
            while True:
                found += self._event(*heard)
                heard = self._inbox.get_nowait()
        except queue.Empty:
            return found

    def stop(self, run_id: str) -> None:
        for worker in self._of(run_id):
            worker.stop()

    def cancel(self, run_id: str) -> None:
        for worker in self._of(run_id):
            worker.kill()

    def close(self) -> None:
        for worker in self.workers:  # one that is still loading torch has nothing to save
            worker.close() if worker.ready else worker.kill()
        for worker in self.workers:
            worker.wait()

    def _of(self, run_id: str) -> list[WorkerProcess]:
        """The worker that has a job; none where it has answered already."""
        return [worker for worker in self.workers if worker.run_id == run_id]

    def _event(self, worker: WorkerProcess, message: Message | None) -> list[tuple[str, Message]]:
        """What a message of a worker means for its job; the message is None where the answers have ended."""
        run_id = worker.run_id
        if message is None:
            self.workers.remove(worker)
            how = worker.wait()
            if run_id:
                return [(job, {"event": "lost", "reason": how}) for job in worker.jobs]
            if not worker.ready and how.startswith("exit"):
                self._failed_start(worker)
        elif message["event"] == "ready":
            worker.ready, self._failed_starts = True, 0
        elif "job" in message:  # of a pack, which goes on
            return [(message["job"], message)]
        elif run_id:
            if message["event"] != "progress":
                worker.run_id = ""
            return [] if message["event"] == "packed" else [(run_id, message)]
        return []

    def _failed_start(self, worker: WorkerProcess) -> None:
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            raise CannotStart(f"workers end before they are ready: {worker.last_log_line()}  ({worker.log})")
