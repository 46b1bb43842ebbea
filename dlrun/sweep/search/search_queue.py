"""A search's agenda: trials are asked as workers come free, are ordinary jobs, and are told what they came to.

The study in the sweep's folder is what is known; the plan's jobs and trials.json follow from it.  A trial that was
running when the sweep died is taken up with its values, so that its runs go on from their checkpoints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.plan import Job, Plan, store
from dlrun.sweep.execute.job import Message
from dlrun.sweep.execute.job_queue import Agenda
from dlrun.sweep.execute.pending_job import Todo
from dlrun.sweep.execute.progress import Watch
from dlrun.sweep.execute.slots import Slots, Threads
from dlrun.sweep.plan.checking import Checker, check_all, job_of
from dlrun.sweep.plan.status import PRUNED, Entry, look
from dlrun.sweep.search.objective import Objective
from dlrun.sweep.search.space import Space
from dlrun.sweep.search.study import sampler, suggest
from dlrun.sweep.search.trials import Trials

if TYPE_CHECKING:
    import optuna

_POINTS = 100  # of a curve, at most, that the study keeps


@dataclass
class _Trial:
    """A trial in hand: `open` are the ids of its jobs that have not ended, `entries` what the others came to."""

    trial: optuna.Trial
    jobs: list[Job]
    entries: dict[str, Entry]
    open: set[str] = field(default_factory=set)

    @property
    def first(self) -> str:
        """The job whose curve the pruner judges: that of the first seed."""
        return self.jobs[0].id


class Search(Agenda):
    """`retry` takes up trials that failed; `most` are the trials in all, those of earlier starts included."""

    def __init__(self, plan: Plan, study: optuna.Study, space: Space, objective: Objective, checker: Checker,
                 threads: Threads, place: Slots, failures: int | None = None, retry: bool = False):
        super().__init__([], failures)
        self.plan, self.study, self.space, self.objective = plan, study, space, objective
        self.trials = Trials(study)
        self.most: int = plan.options["n_trials"]
        self.place = place
        self._checker, self._threads = checker, threads
        self._jobs = {job.id: job for job in plan.jobs}
        self._hand: list[_Trial] = []
        self._left_over = deque(self.trials.running())
        self._pruned = self.trials.pruned_jobs()
        if retry:
            self.trials.again()

    @property
    def finished(self) -> bool:
        return super().finished and not self._hand and not self._more()

    def _more(self) -> bool:
        return bool(self._left_over) or self.trials.waiting() or self.trials.count() < self.most

    def feed(self, spare: int, watch: Watch) -> None:
        """Ask for trials until so many jobs wait for a worker; later ones then know what these came to."""
        while sum(not todo.again for todo in self.left) < spare and self._more():
            self._take(watch)

    def next(self, cores: int, now: float, gone: Callable[[Todo, Entry], None]) -> Todo | None:
        def settled(todo: Todo, entry: Entry) -> None:
            gone(todo, entry)
            self._settle(todo.job.id, entry)

        return super().next(cores, now, settled)

    def ended(self, todo: Todo, entry: Entry) -> None:
        super().ended(todo, entry)
        self._settle(todo.job.id, entry)

    def died(self, todo: Todo, how: str) -> None:
        if todo.pruned:
            self.ended(todo, Entry(PRUNED))
        else:
            super().died(todo, how)

    def heard(self, todo: Todo, message: Message) -> list[Todo]:
        """What a run has reached; the jobs that are to be stopped since their trial is no good."""
        key, step = self.objective.row_key, int(message["epochs"])
        value = message["values"].get(key)
        whole = message["epochs"] == step or key.startswith("val/")  # in mid-epoch the others are running means
        if todo.pruned or not whole or step < 1 or step % self._stride(todo.job) or not _finite(value):
            return []
        stopped: list[Todo] = []
        for one in [one for one in self._hand if one.first == todo.job.id]:
            known = self.trials.curve(one.trial.number)
            if step not in known:
                one.trial.report(self.objective.so_far(float(value), known.values()), step)
                if step < (message["of"] or step + 1) and one.trial.should_prune():
                    stopped += self._prune(one)
        return stopped

    def _take(self, watch: Watch) -> None:
        """The next trial: one that a dead process left, one that is tried again, or a new one."""
        import optuna

        options = self.plan.options
        if self._left_over:
            frozen = self._left_over.popleft()
            self.study.sampler = sampler(options["search"], self.plan.seeds[0], frozen.number)
            trial = optuna.Trial(self.study, frozen._trial_id)
        else:
            self.study.sampler = sampler(options["search"], self.plan.seeds[0], self.trials.asked())
            trial = self.study.ask()
        drafts = self.space.drafts(suggest(trial, self.space.drawn))
        checked, problems = check_all(drafts, self._checker)
        if problems:
            reason = str(ConfigError(problems))
            self._fail(trial, reason)
            watch.say(f"trial {trial.number + 1}  cannot be run: {reason}")
            return
        jobs = []
        for draft, ready in zip(drafts, checked):
            job = job_of(len(self._jobs) + 1, draft, ready, self._checker)
            jobs.append(self._jobs.setdefault(job.id, job))
        self.plan = replace(self.plan, jobs=list(self._jobs.values()))
        store(self.plan)
        trial.set_user_attr("jobs", [job.id for job in jobs])
        self._begin(trial, jobs, watch)

    def _begin(self, trial: optuna.Trial, jobs: list[Job], watch: Watch) -> None:
        retry = "again" in trial.user_attrs
        one = _Trial(trial, jobs, {})
        self._hand.append(one)
        for job in jobs:
            folder = self.plan.run_folder(job)
            entry = look(folder)
            if job.id in self._pruned and not entry.done:  # the same values have been given up before
                entry = replace(entry, status=PRUNED)
            one.entries[job.id] = entry
            todo = None
            if entry.status != PRUNED and (entry.to_do(retry) or job.config.get("force")):
                one.open.add(job.id)
                if all(other.job.id != job.id for other in [*self.left, *self.running]):
                    threads = self._threads.of(job, None if job.config.get("force") else entry.threads)
                    todo = Todo(job, folder, threads, entry)
                    self.left.append(todo)
            watch.added(self.plan, job, entry, todo)
        if not one.open:
            self._tell(one)
        self.trials.write(self.plan.folder, self._jobs)

    def _settle(self, run_id: str, entry: Entry) -> None:
        """A job has ended here or elsewhere.  One that was interrupted leaves its trial to the next start."""
        if not (entry.done or entry.failed or entry.status == PRUNED):
            return
        for one in [one for one in self._hand if run_id in one.open]:
            one.open.discard(run_id)
            one.entries[run_id] = entry
            if not one.open:
                self._tell(one)
        self.trials.write(self.plan.folder, self._jobs)

    def _prune(self, one: _Trial) -> list[Todo]:
        """Stop a trial: the running jobs are returned, those that wait are dropped."""
        stopped = [todo for todo in self.running if todo.job.id in one.open and not todo.pruned]
        for todo in stopped:
            todo.pruned = True
        dropped = [todo for todo in self.left if todo.job.id in one.open]
        self.left = [todo for todo in self.left if todo not in dropped]
        for todo in dropped:
            self._settle(todo.job.id, Entry(PRUNED))
        return stopped

    def _tell(self, one: _Trial) -> None:
        from optuna.trial import TrialState

        self._hand.remove(one)
        entries = [one.entries[job.id] for job in one.jobs]
        if any(entry.status == PRUNED for entry in entries):
            self._pruned |= {job.id for job in one.jobs if one.entries[job.id].status == PRUNED}
            self.study.tell(one.trial, state=TrialState.PRUNED)
            return
        value, reason = self.objective.of(entries)
        if value is None:
            self._fail(one.trial, reason)
            return
        self._curve(one)
        self.study.tell(one.trial, value)

    def _fail(self, trial: optuna.Trial, reason: str) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("reason", reason)
        self.study.tell(trial, state=TrialState.FAIL)

    def _curve(self, one: _Trial) -> None:
        """What was not told while it ran: other trials are compared with the whole curve."""
        folder = RunFolder(self.plan.run_folder(one.jobs[0]))
        if folder.fold(0).path.is_dir():  # its rows are means over the folds; what was told are the folds' own
            return
        known, stride = self.trials.curve(one.trial.number), self._stride(one.jobs[0])
        for epoch, value in self.objective.curve(read(folder.metrics)).items():
            if epoch not in known and epoch % stride == 0:
                one.trial.report(value, epoch)

    def _stride(self, job: Job) -> int:
        return max(1, (job.config.get("epochs") or 0) // _POINTS)


def _finite(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) != float("inf") and value == value
