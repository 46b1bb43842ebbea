"""Which job comes next: the order of a sweep, without processes, clocks or files of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from dlrun.sweep.execute.job import Message
from dlrun.sweep.execute.pending_job import PATIENCE, Todo
from dlrun.sweep.execute.progress import Watch
from dlrun.sweep.plan.status import Entry, look, written

DEATHS = 3  # of a job's workers, one after another, without the job getting any further


@dataclass
class Agenda:
    """The jobs that are left, in the plan's order.  `failures` of them end the sweep (None: any number may fail)."""

    left: list[Todo]
    failures: int | None = None
    failed: int = 0
    running: list[Todo] = field(default_factory=list)

    def feed(self, spare: int, watch: Watch) -> None:
        """Find jobs for so many free places; a grid has all its jobs from the start."""

    def heard(self, todo: Todo, message: Message) -> list[Todo]:
        """What a running job has reached; the jobs that are to be stopped for it."""
        return []

    def next(self, cores: int, now: float, gone: Callable[[Todo, Entry], None]) -> Todo | None:
        """The first job whose threads fit into so many free cores; None where there is none at this time.

        A job that another process has done in the meantime is taken off and told to `gone`.
        """
        for todo in list(self.left):
            if todo.threads > cores and self.running or todo.again > now:
                continue
            if todo.again:
                todo.entry = look(todo.folder)
                if todo.entry.done:
                    self.left.remove(todo)
                    gone(todo, todo.entry)
                    continue
            self.left.remove(todo)
            self.running.append(todo)
            return todo
        return None

    @property
    def finished(self) -> bool:
        return not self.left and not self.running

    @property
    def broken(self) -> bool:
        """Whether so many have failed that no more are begun."""
        return self.failures is not None and self.failed >= self.failures

    def ended(self, todo: Todo, entry: Entry) -> None:
        """A job came to an end, good or bad."""
        self.running.remove(todo)
        todo.entry = entry
        self.failed += entry.failed

    def elsewhere(self, todo: Todo, now: float) -> None:
        """Another process has the job: it is offered again after a while."""
        self._back(todo)
        todo.again, todo.wait = now + todo.wait, min(2 * todo.wait, PATIENCE[1])

    def died(self, todo: Todo, how: str) -> None:
        """The job's worker died; it goes on from its checkpoint, unless it kills every worker at the same place."""
        saved = written(todo.folder)
        todo.deaths = 1 if saved != todo.saved else todo.deaths + 1
        todo.saved = saved
        if todo.deaths >= DEATHS:
            todo.hopeless = f"its worker died {todo.deaths} times at the same place: {how}"
        self._back(todo)

    def _back(self, todo: Todo) -> None:
        self.running.remove(todo)
        self.left.append(todo)
        self.left.sort(key=lambda one: one.job.number)


def free(cores: int, running: Iterable[Todo]) -> int:
    """Cores that no running job has."""
    return cores - sum(todo.threads for todo in running)
