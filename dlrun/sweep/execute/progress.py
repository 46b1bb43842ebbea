"""What is known of a sweep at a moment: the state of each job, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlrun.record.plan import Job, Plan
from dlrun.record.words import long_time, metric
from dlrun.sweep.execute.job import Message
from dlrun.sweep.execute.pending_job import Todo
from dlrun.sweep.plan.status import PRUNED, WAITING, Entry


@dataclass
class Line:
    """A job as it is shown: `done` is the share of its epochs, `before` that of earlier starts."""

    job: Job
    state: str
    done: float = 0.0
    before: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    began: float | None = None
    seconds: float | None = None


class Watch:
    """Is told every event of a sweep; what it shows is left to `Lines` and `Screen`."""

    def __init__(self, plan: Plan, entries: Sequence[Entry], todo: Sequence[Todo],
                 clock: Callable[[], float] = time.monotonic):
        self.plan, self._clock, self._start = plan, clock, clock()
        self.lines = {job.number: Line(job, entry.status) for job, entry in zip(plan.jobs, entries)}
        for job, entry in zip(plan.jobs, entries):
            self._settle(self.lines[job.number], entry)
        self.mine = [self.lines[one.job.number] for one in todo]  # what this start has to do

    def began(self, todo: Todo) -> None:
        line = self.lines[todo.job.number]
        line.state, line.began, line.before = "running", self._clock(), line.done

    def added(self, plan: Plan, job: Job, entry: Entry, todo: Todo | None) -> None:
        """A search has asked for a job; `todo` is None where nothing is to be done for it here."""
        self.plan = plan
        if job.number not in self.lines or todo is not None:
            self.lines[job.number] = line = Line(job, entry.status)
            self._settle(line, entry)
            if todo is not None:
                self.mine.append(line)

    def say(self, text: str) -> None:
        """A sentence for the user."""

    def progress(self, todo: Todo, message: Message) -> None:
        line = self.lines[todo.job.number]
        if line.state != "running":
            self.began(todo)
        line.done = min(1.0, message["epochs"] / message["of"]) if message["of"] else 0.0
        line.values |= message["values"]
        if not message["values"]:  # the start: what a checkpoint held was not made now
            line.before = line.done

    def ended(self, todo: Todo, entry: Entry) -> None:
        line = self.lines[todo.job.number]
        if line.began is not None:
            line.seconds = self._clock() - line.began
        self._settle(line, entry)

    def elsewhere(self, todo: Todo, reason: str) -> None:
        self.lines[todo.job.number].state = "elsewhere"

    def died(self, todo: Todo, how: str) -> None:
        self.lines[todo.job.number].state = "interrupted"

    def tick(self) -> None:
        """Called a few times a second."""

    def close(self) -> None:
        """The end of the sweep, whatever happened."""

    def _settle(self, line: Line, entry: Entry) -> None:
        line.state, line.reason = entry.status, entry.reason
        if entry.done or entry.failed or entry.status == PRUNED:
            line.done = 1.0
        if entry.result:
            line.values = {f"{part}/{name}": value for part in ("train", "val", "test")
                           for name, value in (entry.result.get(part) or {}).items()}

    def left(self) -> float | None:
        """Seconds until all is done, if the rest goes as fast as what was done here; None before anything was."""
        now, elsewhere = self._clock(), [line for line in self.mine if line.state == "elsewhere"]
        here = [line for line in self.mine if line not in elsewhere]
        made = sum(line.done - line.before for line in here)
        rest = sum(1.0 - line.done for line in self.mine) + self.plan.total - len(self.plan.jobs)
        return (now - self._start) / made * rest if made > 1e-6 else None

    def counts(self) -> str:
        """``12 jobs: 8 done, 2 running, 2 waiting``."""
        names = {"finished": "done", "stopped": "done"}
        found: dict[str, int] = {}
        for line in self.lines.values():
            name = names.get(line.state, line.state).replace("_", " ")
            found[name] = found.get(name, 0) + 1
        order = ["done", "running", "elsewhere", "interrupted", WAITING, PRUNED, "diverged", "out of memory", "failed"]
        parts = [f"{found[name]} {name}" for name in sorted(found, key=lambda n: order.index(n) if n in order else 99)]
        total = len(self.lines)
        return f"{total} job{'' if total == 1 else 's'}: {', '.join(parts)}"

    def rest(self) -> str:
        """``about 2 min 10 s left``, empty where that is not known."""
        left = self.left()
        return f"about {long_time(left)} left" if left else ""


def measure(plan: Plan, line: Line) -> str:
    """The metric of a job: the sweep's own, else accuracy before loss, of the test rows before others."""
    asked = plan.options.get("metric")
    wanted = [asked] if asked else []
    wanted += [f"{part}/{name}" for part in ("test", "val", "train") for name in ("accuracy", "loss")]
    wanted += list(line.values)
    key = next((key for key in wanted if line.values.get(key) is not None), None)
    return f"{key} {metric(key, line.values[key], 2)}" if key else ""
