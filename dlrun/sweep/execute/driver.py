"""Runs a queue of jobs on a launcher: hands out what finds a place, and settles what becomes of each."""

from __future__ import annotations

import time
from dataclasses import replace

from dlrun.engine.signals import Signals
from dlrun.sweep.execute.job_message import Message, job_message, pack_message
from dlrun.sweep.execute.job_queue import JobQueue, free_cores
from dlrun.sweep.execute.launcher import Launcher
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.plan.status import PRUNED, STARTED, WAITING, JobState, read_job

TICK = 0.25  # seconds between two looks at the clock when nothing is heard
SAVING = "{signal}: {what} being saved; a second signal does not wait for that"


class Driver:
    """Every event is reported to `progress`; the state of a job is read from its folder.

    `timeout` is how many seconds a job may take in this start.
    """

    def __init__(self, queue: JobQueue, launcher: Launcher, progress: Progress, timeout: float | None = None):
        self.queue, self.launcher, self.progress, self.timeout = queue, launcher, progress, timeout
        self.slots = launcher.slots
        self.stopping = False
        self._running: dict[str, PendingJob] = {}
        self._began: dict[str, float] = {}

    def run(self, signals: Signals) -> None:
        """Until every job has ended, too many have failed, or a signal came; then all running jobs are saved.

        Raises CannotStart.
        """
        try:
            while not self.queue.finished and not (self.stopping and not self._running):
                if signals.received is not None or self.queue.too_many_failures:
                    self._stop(signals.name)
                if not self.stopping:
                    self._hand_out()
                    self._end_late()
                for run_id, message in self.launcher.events(TICK):
                    if run_id in self._running:
                        self._heard(self._running[run_id], message)
                self.progress.tick()
        finally:
            self.launcher.close()

    def _stop(self, signal: str) -> None:
        if not self.stopping:
            self.stopping = True
            if signal and self._running:  # a job that is loading, or in a long step, answers late
                count = len(self._running)
                self.progress.say(SAVING.format(signal=signal, what="the running job is" if count == 1 else
                                                f"the {count} running jobs are"))
            for lead in dict.fromkeys(one.lead for one in self._running.values() if not one.stop_sent):
                self.launcher.stop(lead)

    def _hand_out(self) -> None:
        self.queue.refill(self._free_places(), self.progress)
        waiting = self.queue.waiting
        threads = max((pending.threads for pending in waiting), default=1)
        for _ in range(self.launcher.ready(min(len({one.unit for one in waiting}), self._room()), threads)):
            cores = self.slots.cores if self.slots.workers else self._free_cores()
            pending = self.queue.take(cores, time.monotonic(), self.progress.ended)
            if pending is None:
                return
            self._begin(self.queue.companions(pending, time.monotonic()))

    def _begin(self, taken: list[PendingJob]) -> None:
        """Hand out a job, or the jobs of a pack."""
        messages = []
        for pending in taken:
            self._running[pending.job.id] = pending
            self._began[pending.job.id] = time.monotonic()
            if not pending.retry_at:
                self.progress.began(pending)
            messages.append(job_message(pending.job, pending.folder, pending.threads, pending.abandon_reason))
        places = [one.place for one in taken if one.place]
        self.launcher.submit(pack_message(messages, places) if places else messages[0])

    def _units(self) -> int:
        """How many processes have something in hand."""
        return len({pending.lead for pending in self._running.values()})

    def _free_cores(self) -> int:
        return free_cores(self.slots.cores, self.queue.running)

    def _free_places(self) -> int:
        """How many jobs of one thread would find a place now."""
        return self.slots.workers - self._units() if self.slots.workers else self._free_cores()

    def _room(self) -> int:
        """How many of the waiting jobs would find one; a job of more threads than there are cores runs alone."""
        if self.slots.workers:
            return self.slots.workers - self._units()
        room, cores = 0, self._free_cores()
        for pending in {one.unit: one for one in self.queue.waiting}.values():
            if pending.threads <= cores or (room == 0 and not self._running):
                room, cores = room + 1, cores - pending.threads
        return room

    def _heard(self, pending: PendingJob, message: Message) -> None:
        if message["event"] == "progress":
            self.progress.advanced(pending, message)
            for other in self.queue.advanced(pending, message):
                other.stop_sent = True
                if not self.stopping:
                    self.launcher.stop(other.job.id)
            return
        del self._running[pending.job.id]
        if message["event"] == "lost":  # another process resumes from the checkpoint
            if message.get("blameless"):
                self.queue.give_back(pending)
            else:
                self.queue.worker_died(pending, message["reason"])
            self.progress.worker_died(pending, message["reason"])
        elif message["event"] == "busy":
            self.queue.runs_elsewhere(pending, time.monotonic())
            self.progress.runs_elsewhere(pending, message["reason"])
        else:
            self._ended(pending, message)

    def _ended(self, pending: PendingJob, message: Message) -> None:
        """A process has answered; what the job came to stands in the run's folder."""
        state = read_job(pending.folder)
        if message["event"] == "refused":
            state = JobState("failed", {"stop_reason": message["reason"]})
        if pending.stop_sent and state.status in (STARTED, WAITING):
            state = replace(state, status=PRUNED)
        if state.status in (STARTED, WAITING) and not self.stopping:  # a signal came to its process alone
            self.queue.worker_died(pending, "interrupted")
        else:
            self.queue.ended(pending, state)
        self.progress.ended(pending, state)

    def _end_late(self) -> None:
        """Jobs that have had their time are ended; the next process that takes one writes that down."""
        if self.timeout is None:
            return
        for run_id, pending in self._running.items():
            if not pending.abandon_reason and time.monotonic() - self._began[run_id] > self.timeout:
                pending.abandon_reason = f"it took longer than timeout={self.timeout:g} seconds"
                self.launcher.cancel(run_id)
