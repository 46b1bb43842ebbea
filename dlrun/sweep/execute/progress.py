"""What is known of a sweep at a moment: the state of each job, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlrun.config.flat import flatten
from dlrun.record.metric import Metrics, metrics_of
from dlrun.record.plan import Job, Plan
from dlrun.record.quantities import long_time
from dlrun.report.values import primary_of
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.time_left import Portion, seconds_left
from dlrun.sweep.plan.shape import length, shape
from dlrun.sweep.plan.status import PRUNED, WAITING, JobState


@dataclass
class JobProgress:
    """A job as it is shown: `done` is the share of its epochs, `before` that of earlier starts.

    `status` is that of its state, or "running", or "elsewhere" (in another process); `values` are its metrics,
    `began` is when it was handed out and `seconds` how long it then took.
    """

    job: Job
    status: str
    done: float = 0.0
    before: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    metrics: Metrics | None = None
    reason: str = ""
    began: float | None = None
    seconds: float | None = None


class Progress:
    """Receives every event of a sweep; showing them is left to `PlainView` and `RichView`.

    `states` are those of the plan's jobs, `pending` the jobs that this start runs.
    """

    def __init__(self, plan: Plan, states: Sequence[JobState], pending: Sequence[PendingJob],
                 clock: Callable[[], float] = time.monotonic):
        self.plan, self._clock = plan, clock
        self.jobs = {job.number: JobProgress(job, state.status) for job, state in zip(plan.jobs, states)}
        for job, state in zip(plan.jobs, states):
            self._settle(self.jobs[job.number], state)
        self.mine = [self.jobs[one.job.number] for one in pending]
        self._shapes: dict[Any, int] = {}  # a number for each, which compares faster
        self._shape_of: dict[int, int] = {}  # by the job's number

    def began(self, pending: PendingJob) -> None:
        """A job was handed out."""
        job = self.jobs[pending.job.number]
        job.status, job.began, job.seconds, job.before = "running", self._clock(), None, job.done

    def added(self, plan: Plan, job: Job, state: JobState, pending: PendingJob | None) -> None:
        """A search has asked for a job; `pending` is None where nothing is to be done for it here."""
        self.plan = plan
        if job.number not in self.jobs or pending is not None:
            self.jobs[job.number] = shown = JobProgress(job, state.status)
            self._settle(shown, state)
            if pending is not None:
                self.mine.append(shown)

    def say(self, text: str) -> None:
        """A sentence for the user."""

    def advanced(self, pending: PendingJob, message: Message) -> None:
        """A ``progress`` message of a job's process."""
        job = self.jobs[pending.job.number]
        if job.status != "running":
            self.began(pending)
        job.done = min(1.0, message["epochs"] / message["of"]) if message["of"] else 0.0
        job.values |= message["values"]
        if not message["values"]:  # the start: what a checkpoint held was not made now
            job.before = job.done

    def ended(self, pending: PendingJob, state: JobState) -> None:
        """A job came to an end, here or elsewhere; `state` says to which."""
        job = self.jobs[pending.job.number]
        if job.began is not None:
            job.seconds = self._clock() - job.began
        self._settle(job, state)

    def runs_elsewhere(self, pending: PendingJob, reason: str) -> None:
        """Another process trains the job; `reason` names it."""
        self.jobs[pending.job.number].status = "elsewhere"

    def worker_died(self, pending: PendingJob, how: str) -> None:
        """The job's process has died; another one resumes it, or writes down that the job is abandoned."""
        self.jobs[pending.job.number].status = "interrupted"

    def tick(self) -> None:
        """Called a few times a second."""

    def close(self) -> None:
        """The end of the sweep, whatever happened."""

    def _settle(self, job: JobProgress, state: JobState) -> None:
        job.status, job.reason = state.status, state.reason
        if state.done or state.failed or state.status == PRUNED:
            job.done = 1.0
        if state.result:
            job.metrics = metrics_of(state.result)
            job.values = {f"{split}/{name}": value for split in ("train", "val", "test")
                          for name, value in (state.result.get(split) or {}).items()}

    def seconds_left(self) -> float | None:
        """Seconds until all is done, if jobs of a shape go as fast as those done here; None before anything was."""
        now = self._clock()
        first = min((job.began for job in self.mine if job.began is not None), default=now)  # starting up is over
        return seconds_left([self._portion(job, now) for job in self.mine], now - first,
                            self.plan.total - len(self.plan.jobs))

    def _portion(self, job: JobProgress, now: float) -> Portion:
        if (known := self._shape_of.get(job.job.number)) is None:
            flat = flatten(job.job.config)
            known = self._shapes.setdefault((shape(flat), length(flat)), len(self._shapes))
            self._shape_of[job.job.number] = known
        if job.began is None or job.status == "elsewhere":
            return Portion(known, job.job.steps, 0.0, 0.0, 1.0 - job.done)
        spent = job.seconds if job.seconds is not None else now - job.began
        return Portion(known, job.job.steps, spent, job.done - job.before, 1.0 - job.done)

    def counts(self) -> str:
        """``12 jobs: 8 done, 2 running, 2 waiting``."""
        names = {"finished": "done", "stopped": "done"}
        found: dict[str, int] = {}
        for job in self.jobs.values():
            name = names.get(job.status, job.status).replace("_", " ")
            found[name] = found.get(name, 0) + 1
        order = ["done", "running", "elsewhere", "interrupted", WAITING, PRUNED, "diverged", "out of memory", "failed"]
        parts = [f"{found[name]} {name}" for name in sorted(found, key=lambda n: order.index(n) if n in order else 99)]
        total = len(self.jobs)
        return f"{total} job{'' if total == 1 else 's'}: {', '.join(parts)}"

    def time_left(self) -> str:
        """``about 2 min 10 s left``, empty where that is not known."""
        left = self.seconds_left()
        return f"about {long_time(left)} left" if left else ""


def measure(plan: Plan, job: JobProgress) -> str:
    """The metric of a job, as ``test/accuracy 97.8 %``; empty where none is known yet."""
    return " ".join(filter(None, measured(plan, job)))


def measured(plan: Plan, job: JobProgress) -> tuple[str, str]:
    """The key and the value of the sweep's own metric, else of the one that the task is judged by, of the test rows
    before others; both are empty where none is known yet.
    """
    chosen = plan.options.get("metric")
    keys = [chosen] if chosen else []
    task = str((job.job.config.get("task") or {}).get("kind", ""))
    keys += [f"{split}/{name}" for split in ("test", "val", "train") for name in (primary_of(task), "loss")]
    keys += list(job.values)
    key = next((key for key in keys if job.values.get(key) is not None), None)
    job.metrics = job.metrics or Metrics(kind=task)
    return (key, job.metrics.text(key, job.values[key], 2)) if key else ("", "")
