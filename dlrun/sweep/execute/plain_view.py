"""A sweep in plain lines, for a file or a pipe: one as a job begins, one as it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from dlrun.record.plan import Plan
from dlrun.record.words import long_time
from dlrun.sweep.execute.pending_job import Todo
from dlrun.sweep.execute.progress import Line, Watch, measure
from dlrun.sweep.plan.labels import name_of
from dlrun.sweep.plan.status import Entry


class Lines(Watch):
    """Prints to `stream`, without control characters; a reader that has gone does not stop the sweep."""

    def __init__(self, plan: Plan, entries: Sequence[Entry], todo: Sequence[Todo], stream: TextIO):
        super().__init__(plan, entries, todo)
        self._stream: TextIO | None = stream

    def began(self, todo: Todo) -> None:
        again = self.lines[todo.job.number].state == "interrupted"
        super().began(todo)
        self.say(f"{self._job(todo)}  {'goes on' if again else 'begins'}")

    def ended(self, todo: Todo, entry: Entry) -> None:
        super().ended(todo, entry)
        line = self.lines[todo.job.number]
        self.say(failure(self._job(todo), line, todo) if entry.failed else
                 "  ".join(filter(None, [self._job(todo), entry.status, measure(self.plan, line), took(line),
                                         self.rest()])))

    def elsewhere(self, todo: Todo, reason: str) -> None:
        known = self.lines[todo.job.number].state == "elsewhere"
        super().elsewhere(todo, reason)
        if not known:
            self.say(f"{self._job(todo)}  {reason}")

    def died(self, todo: Todo, how: str) -> None:
        super().died(todo, how)
        self.say(f"{self._job(todo)}  its worker was lost ({how}); the job goes on from its checkpoint")

    def say(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except BrokenPipeError:
            self._stream = None

    def _job(self, todo: Todo) -> str:
        return numbered(self, todo)


def numbered(watch: Watch, todo: Todo) -> str:
    """``job 3/24  optimizer=adam seed=1``."""
    total = str(watch.plan.total)
    return f"job {todo.job.number:>{len(total)}}/{total}  {name_of(watch.plan, todo.job)}"


def failure(job: str, line: Line, todo: Todo) -> str:
    """A failure in one line: which job, why, and where to look."""
    return f"{job}  {line.state.replace('_', ' ')}: {line.reason}  ({todo.folder})"


def took(line: Line) -> str:
    return f"({long_time(line.seconds)})" if line.seconds is not None else ""
