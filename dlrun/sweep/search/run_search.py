"""Runs a search: the study is opened or taken up again, trials are trained until there are enough; then the tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TextIO

from dlrun.config.compose.session import hydra_started
from dlrun.config.problem import problem
from dlrun.engine.signals import Signals
from dlrun.record.lock import Busy, RunLock
from dlrun.record.plan import Plan, store
from dlrun.record.terminal import say
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.run import run_queue, saved, write_tables
from dlrun.sweep.execute.slots import ThreadRule, find_slots
from dlrun.sweep.plan.checking import Checker, check_all, make_job
from dlrun.sweep.plan.status import read_all
from dlrun.sweep.request.request import read_request
from dlrun.sweep.request.to_override import to_override
from dlrun.sweep.search.objective import Objective, objective
from dlrun.sweep.search.search_plan import fingerprint, jobs_so_far, lost_jobs
from dlrun.sweep.search.search_queue import SearchQueue
from dlrun.sweep.search.space import space_of
from dlrun.sweep.search.study import open_study
from dlrun.sweep.search.trials import Trials


def run_search(plan: Plan, options: Execution, out: TextIO) -> int:
    """Train the trials that are missing; the exit code.

    0: every trial has a value, was pruned, or diverged (which is the worst value).  1: some failed, or none has a
    value.  130, 143: a signal came; all running jobs are saved, and run the same command again to resume.
    Raises ConfigError where another process leads this search, or the folder has another one.
    """
    try:
        with RunLock(plan.folder), hydra_started(), Signals() as signals:
            search = open_search(plan, options)
            run_queue(search.plan, read_all(search.plan), search, search.slots, options, signals, out)
            code = signals.exit_code
            plan = search.plan
            search.trials.write(plan.folder, {job.id: job for job in plan.jobs}, ended=not code)
            write_tables(plan, read_all(plan), out)
            _print_summary(search.trials, plan, search.objective, out)
            if code:
                say(saved(plan, signals), file=out)
    except Busy as busy:
        raise problem(f"sweep {plan.name}", f"process {busy.pid} on {busy.host} leads this search since "
                                            f"{busy.since}") from None
    states = {trial.state.name for trial in search.trials.all()}
    return code or (0 if "COMPLETE" in states and "FAIL" not in states else 1)


def open_search(plan: Plan, options: Execution) -> SearchQueue:
    """The search as its folder has it, whose lock is held; Hydra is started."""
    checker = Checker()
    space, _ = space_of(read_request(plan.command[2:], checker.composer))
    first, _ = check_all(space.probes()[:1], checker)
    goal, _ = objective(first[0].config, plan.options["metric"])
    study = open_study(plan.folder, plan.name, fingerprint(plan, first[0], checker), goal.falls,
                       plan.options["pruner"], first[0].config.epochs)
    plan = replace(plan, jobs=jobs_so_far(plan))
    if lost := lost_jobs(plan, Trials(study), space, checker):
        say(f"{plan.folder}: plan.json or jobs.jsonl is missing or damaged; {len(lost)} jobs are written again from "
            "study.jsonl")
        plan = replace(plan, jobs=[*plan.jobs, *lost])
    slots = find_slots(options, [make_job(0, space.probes()[0], first[0], checker)])
    queue = SearchQueue(plan, study, space, goal, checker, ThreadRule(slots), slots, options.max_failures,
                        options.retry == "failed")
    queue.measure(first[0].config.task.metrics)
    store(queue.plan)
    return queue


def _print_summary(trials: Trials, plan: Plan, goal: Objective, out: TextIO) -> None:
    """``20 trials: 14 complete, 6 pruned``, and the best one, as it can be typed."""
    found: dict[str, int] = {}
    names = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "to continue",
             "WAITING": "to do"}
    for trial in trials.all():
        found[names[trial.state.name]] = found.get(names[trial.state.name], 0) + 1
    parts = [f"{found[name]} {name}" for name in names.values() if name in found]
    say(f"{trials.count()} of {plan.options['n_trials']} trials: {', '.join(parts)}", file=out)
    best = trials.best()
    if best is None or best.value is None or abs(best.value) == float("inf"):
        return
    jobs = {job.id: job for job in plan.jobs}
    job = jobs[best.user_attrs["jobs"][0]]
    row = [job.row] if job.row else []
    values = " ".join([*row, *(to_override(key, value) for key, value in job.values.items())])
    say(f"best: trial {best.number + 1}, {goal.key} {goal.metric.text(best.value, 2)} with {values}", file=out)
    if len(plan.seeds) == 1:
        say(f"again: dlrun {' '.join(job.overrides)}", file=out)
