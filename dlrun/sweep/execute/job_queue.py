"""Which job comes next: the order of a sweep, without processes and clocks of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.pending_job import RETRY_SECONDS, PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.plan.status import JobState, checkpoint_time, state_of

MAX_DEATHS = 3  # of a job's workers, one after another, without progress in between
MAX_DEATHS_PACKED = 1  # after which it is no longer trained with others


@dataclass
class JobQueue:
    """The jobs that wait, in the plan's order, and those that run.

    `max_failures` of them end the sweep (None: any number may fail).
    """

    waiting: list[PendingJob]
    max_failures: int | None = None
    failed: int = 0
    running: list[PendingJob] = field(default_factory=list)

    def refill(self, places: int, progress: Progress) -> None:
        """Find jobs for so many free places; a grid has all its jobs from the start."""

    def advanced(self, pending: PendingJob, message: Message) -> list[PendingJob]:
        """A running job's ``progress``; the running jobs that are to be stopped for it."""
        return []

    def take(self, cores: int, now: float, already_done: Callable[[PendingJob, JobState], None]) -> PendingJob | None:
        """The first job whose threads fit into so many free cores; None where there is none at this time.

        A job that another process has done in the meantime is taken off and passed to `already_done`.
        """
        for pending in list(self.waiting):
            if pending.threads > cores and self.running or pending.retry_at > now:
                continue
            if pending.retry_at:
                pending.state = state_of(pending.job, pending.folder)
                if pending.state.done:
                    self.waiting.remove(pending)
                    already_done(pending, pending.state)
                    continue
            self.waiting.remove(pending)
            self.running.append(pending)
            pending.lead = pending.job.id
            return pending
        return None

    def companions(self, lead: PendingJob, now: float) -> list[PendingJob]:
        """The job that was taken, and those of its pack, which are taken with it; it alone where it has no pack.

        One that has not begun in a pack trains alone where no other is left to train it with, a k-fold run with its own
        folds.
        """
        unit, apart = lead.unit, [one for one in (lead, *self.waiting) if one.abandon_reason or
                                  one.deaths > MAX_DEATHS_PACKED]
        for one in apart:
            one.place = None
        others = [one for one in self.waiting if one.place and one.unit == unit and one.retry_at <= now
                  and lead.place]
        if not others and lead.place and not lead.place.begun:
            parts = lead.place.parts
            lead.place = None if parts == 1 else replace(lead.place, slots=parts, slot=0, folders={})
        for one in others:
            self.waiting.remove(one)
            self.running.append(one)
            one.lead = lead.job.id
        return [lead, *others]

    @property
    def finished(self) -> bool:
        """Whether no job waits or runs."""
        return not self.waiting and not self.running

    @property
    def too_many_failures(self) -> bool:
        """Whether so many have failed that no more are begun."""
        return self.max_failures is not None and self.failed >= self.max_failures

    def ended(self, pending: PendingJob, state: JobState) -> None:
        """A job came to an end, good or bad."""
        self.running.remove(pending)
        pending.state = state
        self.failed += state.failed

    def runs_elsewhere(self, pending: PendingJob, now: float) -> None:
        """Another process has the job: it is offered again after a while."""
        self.give_back(pending)
        pending.retry_at = now + pending.retry_delay
        pending.retry_delay = min(2 * pending.retry_delay, RETRY_SECONDS[1])

    def worker_died(self, pending: PendingJob, how: str) -> None:
        """The job's worker died; it resumes from its checkpoint, unless it kills every worker at the same place."""
        saved = checkpoint_time(pending.folder)
        pending.deaths = 1 if saved != pending.saved_at else pending.deaths + 1
        pending.saved_at = saved
        if pending.deaths >= MAX_DEATHS:
            pending.abandon_reason = f"its worker died {pending.deaths} times at the same place: {how}"
        self.give_back(pending)

    def give_back(self, pending: PendingJob) -> None:
        """A running job waits again, at its place in the order."""
        self.running.remove(pending)
        self.waiting.append(pending)
        self.waiting.sort(key=lambda one: one.job.number)


def free_cores(cores: int, running: Iterable[PendingJob]) -> int:
    """Cores that no running job has."""
    return cores - sum({pending.lead or pending.job.id: pending.threads for pending in running}.values())
