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
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.job_queue import JobQueue
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.execute.slots import Slots, ThreadRule
from dlrun.sweep.plan.checking import Checker, check_all, make_job
from dlrun.sweep.plan.status import PRUNED, JobState, read_job
from dlrun.sweep.search.objective import Objective
from dlrun.sweep.search.space import Space
from dlrun.sweep.search.study import sampler, suggest
from dlrun.sweep.search.trials import Trials

if TYPE_CHECKING:
    import optuna

_POINTS = 100  # of a curve, at most, that the study keeps


@dataclass
class _Trial:
    """A trial in hand: `open` are the ids of its jobs that have not ended, `states` what the others came to."""

    trial: optuna.Trial
    jobs: list[Job]
    states: dict[str, JobState]
    open: set[str] = field(default_factory=set)

    @property
    def first(self) -> str:
        """The job whose curve the pruner judges: that of the first seed."""
        return self.jobs[0].id


class SearchQueue(JobQueue):
    """`retry` takes up trials that failed; `most` are the trials in all, those of earlier starts included."""

    def __init__(self, plan: Plan, study: optuna.Study, space: Space, objective: Objective, checker: Checker,
                 threads: ThreadRule, slots: Slots, max_failures: int | None = None, retry: bool = False):
        super().__init__([], max_failures)
        self.plan, self.study, self.space, self.objective = plan, study, space, objective
        self.trials = Trials(study)
        self.most: int = plan.options["n_trials"]
        self.slots = slots
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

    def refill(self, places: int, progress: Progress) -> None:
        """Ask for trials until so many jobs wait for a worker; later ones then know what these came to."""
        while sum(not pending.retry_at for pending in self.waiting) < places and self._more():
            self._take(progress)

    def take(self, cores: int, now: float, already_done: Callable[[PendingJob, JobState], None]) -> PendingJob | None:
        def settled(pending: PendingJob, state: JobState) -> None:
            already_done(pending, state)
            self._settle(pending.job.id, state)

        return super().take(cores, now, settled)

    def ended(self, pending: PendingJob, state: JobState) -> None:
        super().ended(pending, state)
        self._settle(pending.job.id, state)

    def give_back(self, pending: PendingJob) -> None:
        if pending.stop_sent:
            self.ended(pending, JobState(PRUNED))
        else:
            super().give_back(pending)

    def advanced(self, pending: PendingJob, message: Message) -> list[PendingJob]:
        """What a run has reached; the jobs that are to be stopped since their trial is no good."""
        key, step = self.objective.row_key, int(message["epochs"])
        value = message["values"].get(key)
        whole = message["epochs"] == step or key.startswith("val/")  # in mid-epoch the others are running means
        if pending.stop_sent or not whole or step < 1 or step % self._stride(pending.job) or not _finite(value):
            return []
        stopped: list[PendingJob] = []
        for one in [one for one in self._hand if one.first == pending.job.id]:
            known = self.trials.curve(one.trial.number)
            if step not in known:
                one.trial.report(self.objective.so_far(float(value), known.values()), step)
                if step < (message["of"] or step + 1) and one.trial.should_prune():
                    stopped += self._prune(one)
        return stopped

    def _take(self, progress: Progress) -> None:
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
        specs = self.space.specs(suggest(trial, self.space.drawn))
        checked, problems = check_all(specs, self._checker)
        if problems:
            reason = str(ConfigError(problems))
            self._fail(trial, reason)
            progress.say(f"trial {trial.number + 1}  cannot be run: {reason}")
            return
        jobs = []
        for spec, ready in zip(specs, checked):
            job = make_job(len(self._jobs) + 1, spec, ready, self._checker)
            jobs.append(self._jobs.setdefault(job.id, job))
        self.plan = replace(self.plan, jobs=list(self._jobs.values()))
        store(self.plan)
        trial.set_user_attr("jobs", [job.id for job in jobs])
        self._begin(trial, jobs, progress)

    def _begin(self, trial: optuna.Trial, jobs: list[Job], progress: Progress) -> None:
        retry = "again" in trial.user_attrs
        one = _Trial(trial, jobs, {})
        self._hand.append(one)
        for job in jobs:
            folder = self.plan.run_folder(job)
            state = read_job(folder)
            if job.id in self._pruned and not state.done:  # the same values have been given up before
                state = replace(state, status=PRUNED)
            one.states[job.id] = state
            pending = None
            if state.status != PRUNED and (state.is_pending(retry) or job.config.get("force")):
                one.open.add(job.id)
                if all(other.job.id != job.id for other in [*self.waiting, *self.running]):
                    threads = self._threads.of(job, None if job.config.get("force") else state.threads)
                    pending = PendingJob(job, folder, threads, state)
                    self.waiting.append(pending)
            progress.added(self.plan, job, state, pending)
        if not one.open:
            self._tell(one)
        self.trials.write(self.plan.folder, self._jobs)

    def _settle(self, run_id: str, state: JobState) -> None:
        """A job has ended here or elsewhere.  One that was interrupted leaves its trial to the next start."""
        if not (state.done or state.failed or state.status == PRUNED):
            return
        for one in [one for one in self._hand if run_id in one.open]:
            one.open.discard(run_id)
            one.states[run_id] = state
            if not one.open:
                self._tell(one)
        self.trials.write(self.plan.folder, self._jobs)

    def _prune(self, one: _Trial) -> list[PendingJob]:
        """Stop a trial: the running jobs are returned, those that wait are dropped."""
        stopped = [pending for pending in self.running if pending.job.id in one.open and not pending.stop_sent]
        for pending in stopped:
            pending.stop_sent = True
        dropped = [pending for pending in self.waiting if pending.job.id in one.open]
        self.waiting = [pending for pending in self.waiting if pending not in dropped]
        for pending in dropped:
            self._settle(pending.job.id, JobState(PRUNED))
        return stopped

    def _tell(self, one: _Trial) -> None:
        from optuna.trial import TrialState

        self._hand.remove(one)
        states = [one.states[job.id] for job in one.jobs]
        if any(state.status == PRUNED for state in states):
            self._pruned |= {job.id for job in one.jobs if one.states[job.id].status == PRUNED}
            self.study.tell(one.trial, state=TrialState.PRUNED)
            return
        value, reason = self.objective.of(states)
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
