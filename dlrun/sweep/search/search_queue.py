"""A search's queue: trials are asked for as workers come free, are ordinary jobs, and get the value that they came to.

The study in the sweep's folder is what is known; the plan's jobs and trials.json follow from it.  A trial that was
running when the sweep died is taken up with its values, so that its runs resume from their checkpoints.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError
from dlrun.record.plan import Plan, store
from dlrun.sweep.execute.job_message import Message
from dlrun.sweep.execute.job_queue import JobQueue
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.execute.slots import Slots, ThreadRule
from dlrun.sweep.plan.checking import Checker, check_all, make_job
from dlrun.sweep.plan.status import PRUNED, UNMEASURED, JobState, state_of
from dlrun.sweep.search.objective import Objective
from dlrun.sweep.search.open_trial import OpenTrial
from dlrun.sweep.search.space import Space
from dlrun.sweep.search.study import sampler, suggest
from dlrun.sweep.search.trials import Trials

if TYPE_CHECKING:
    import optuna


class SearchQueue(JobQueue):
    """Its jobs come from the study, as places are free for them.  `retry` takes up trials that failed."""

    def __init__(self, plan: Plan, study: optuna.Study, space: Space, objective: Objective, checker: Checker,
                 threads: ThreadRule, slots: Slots, max_failures: int | None = None, retry: bool = False):
        super().__init__([], max_failures)
        self.plan, self.study, self.space, self.objective, self.slots = plan, study, space, objective, slots
        self.trials = Trials(study)
        self._checker, self._threads = checker, threads
        self._jobs = {job.id: job for job in plan.jobs}
        self._open: list[OpenTrial] = []
        self._left_running = deque(self.trials.running())  # by a process that died
        self._pruned = self.trials.pruned_jobs()
        if retry:
            self.trials.retry_failed()

    @property
    def finished(self) -> bool:
        return super().finished and not self._open and not self._more()

    def _more(self) -> bool:
        """Whether there are trials still to come; n_trials counts those of earlier starts too."""
        most: int = self.plan.options["n_trials"]
        return bool(self._left_running) or self.trials.any_waiting() or self.trials.count() < most

    def measure(self, metrics: Sequence[str]) -> None:
        """Let jobs of trials that are done wait for a worker, which measures those of these metrics that they lack."""
        for job in list(self._jobs.values()) if metrics else ():
            asked = replace(job, config={**job.config, "task": {**job.config["task"], "metrics": list(metrics)}})
            folder = self.plan.run_folder(job)
            if (state := state_of(asked, folder)).status == UNMEASURED:
                self._jobs[job.id] = asked
                self.waiting.append(PendingJob(asked, folder, self._threads.of(asked, state.threads), state))
        self.plan = replace(self.plan, jobs=list(self._jobs.values()))

    def refill(self, places: int, progress: Progress) -> None:
        """Ask for trials until so many jobs wait for a worker; later ones then know what these came to."""
        while sum(not pending.retry_at for pending in self.waiting) < places and self._more():
            self._ask(progress)

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
        """Report what a run has reached; the jobs that are to be stopped, since their trial is pruned for it."""
        stopped: list[PendingJob] = []
        for one in [one for one in self._open if one.first == pending.job.id and not pending.stop_sent]:
            if one.report_progress(message, self.objective, self.trials.curve(one.trial.number)):
                stopped += self._prune(one)
        return stopped

    def _ask(self, progress: Progress) -> None:
        """The next trial: one that a dead process left, one that is tried again, or a new one."""
        import optuna

        search, seed = self.plan.options["search"], self.plan.seeds[0]
        if self._left_running:
            frozen = self._left_running.popleft()
            self.study.sampler = sampler(search, seed, frozen.number)
            trial = optuna.Trial(self.study, frozen._trial_id)
        else:
            self.study.sampler = sampler(search, seed, self.trials.next_number())
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
            if job.id in self._jobs:  # of the stored one only its number: what it trains is said by this command
                job = replace(job, number=self._jobs[job.id].number)
            self._jobs[job.id] = job
            jobs.append(job)
        self.plan = replace(self.plan, jobs=list(self._jobs.values()))
        store(self.plan)
        trial.set_user_attr("jobs", [job.id for job in jobs])
        self._begin(OpenTrial(trial, jobs), progress)

    def _begin(self, one: OpenTrial, progress: Progress) -> None:
        """Its jobs wait for workers, but for those that are done, pruned, or another trial's too."""
        retry = "again" in one.trial.user_attrs
        self._open.append(one)
        for job in one.jobs:
            folder = self.plan.run_folder(job)
            state = state_of(job, folder)
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
        for one in [one for one in self._open if run_id in one.open]:
            one.open.discard(run_id)
            one.states[run_id] = state
            if not one.open:
                self._tell(one)
        self.trials.write(self.plan.folder, self._jobs)

    def _prune(self, one: OpenTrial) -> list[PendingJob]:
        """Stop a trial: the running jobs are returned, those that wait are dropped."""
        stopped = [pending for pending in self.running if pending.job.id in one.open and not pending.stop_sent]
        for pending in stopped:
            pending.stop_sent = True
        dropped = [pending for pending in self.waiting if pending.job.id in one.open]
        self.waiting = [pending for pending in self.waiting if pending not in dropped]
        for pending in dropped:
            self._settle(pending.job.id, JobState(PRUNED))
        return stopped

    def _tell(self, one: OpenTrial) -> None:
        """Tell the study what a trial came to, all of whose jobs have ended."""
        from optuna.trial import TrialState

        self._open.remove(one)
        states = [one.states[job.id] for job in one.jobs]
        if any(state.status == PRUNED for state in states):
            self._pruned |= {job.id for job in one.jobs if one.states[job.id].status == PRUNED}
            self.study.tell(one.trial, state=TrialState.PRUNED)
            return
        value, reason = self.objective.value_of_trial(states)
        if value is None:
            self._fail(one.trial, reason)
            return
        one.report_curve(self.plan.run_folder(one.jobs[0]), self.objective, self.trials.curve(one.trial.number))
        self.study.tell(one.trial, value)

    def _fail(self, trial: optuna.Trial, reason: str) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("reason", reason)
        self.study.tell(trial, state=TrialState.FAIL)
