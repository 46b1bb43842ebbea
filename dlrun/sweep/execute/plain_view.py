"""A sweep in plain lines, for a file or a pipe: one as a job begins, one as it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from dlrun.record.plan import Plan
from dlrun.record.quantities import long_time
from dlrun.record.terminal import say
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import JobProgress, Progress, measure
from dlrun.sweep.plan.labels import job_name
from dlrun.sweep.plan.status import JobState


class PlainView(Progress):
    """Prints to `stream`, without control characters; a reader that has gone does not stop the sweep."""

    def __init__(self, plan: Plan, states: Sequence[JobState], pending: Sequence[PendingJob], stream: TextIO):
        super().__init__(plan, states, pending)
        self._stream: TextIO | None = stream

    def began(self, pending: PendingJob) -> None:
        again = self.jobs[pending.job.number].status == "interrupted"
        super().began(pending)
        self.say(f"{job_heading(self, pending)}  {'resumes' if again else 'begins'}")

    def ended(self, pending: PendingJob, state: JobState) -> None:
        super().ended(pending, state)
        job = self.jobs[pending.job.number]
        if state.failed:
            self.say(failure_line(self, pending))
        else:
            seconds = f"({long_time(job.seconds)})" if job.seconds is not None else ""
            self.say("  ".join(filter(None, [job_heading(self, pending), state.status, measure(self.plan, job), seconds,
                                             self.time_left()])))

    def runs_elsewhere(self, pending: PendingJob, reason: str) -> None:
        known = self.jobs[pending.job.number].status == "elsewhere"
        super().runs_elsewhere(pending, reason)
        if not known:
            self.say(f"{job_heading(self, pending)}  {reason}")

    def worker_died(self, pending: PendingJob, how: str) -> None:
        super().worker_died(pending, how)
        self.say(death_line(self, pending, how))

    def say(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            say(text, file=self._stream, flush=True)
        except OSError:  # a full disk, too
            self._stream = None


def job_heading(progress: Progress, pending: PendingJob) -> str:
    """``job 3/24  optimizer=adam seed=1``."""
    total = str(progress.plan.total)
    return f"job {pending.job.number:>{len(total)}}/{total}  {job_name(progress.plan, pending.job)}"


def failure_line(progress: Progress, pending: PendingJob) -> str:
    """A failure in one line: which job, why, and where to look."""
    job: JobProgress = progress.jobs[pending.job.number]
    return f"{job_heading(progress, pending)}  {job.status.replace('_', ' ')}: {job.reason}  ({pending.folder})"


def death_line(progress: Progress, pending: PendingJob, how: str) -> str:
    """The death of a job's process in one line, and what becomes of the job."""
    then = pending.abandon_reason or f"its worker was lost ({how}); the job resumes from its checkpoint"
    return f"{job_heading(progress, pending)}  {then}"
