"""From what a sweep's command asks to the plan of its grid."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from math import prod
from pathlib import Path

from dlrun.config.own_code import changed_modules
from dlrun.config.problem import ConfigError, problem
from dlrun.record.folder import RunFolder
from dlrun.record.plan import Job, Plan, load
from dlrun.record.stored import Damaged
from dlrun.sweep.plan.checking import Checker, check_all, make_job
from dlrun.sweep.plan.grid import JobSpec, cross, pairs, varying
from dlrun.sweep.plan.naming import sweep_name
from dlrun.sweep.plan.report_names import report_problems
from dlrun.sweep.request.request import Request


def grid_plan(overrides: Sequence[str], request: Request, checker: Checker) -> Plan:
    """The plan of a grid: every job is composed and checked; raises ConfigError with everything that is wrong."""
    specs, problems = cross(request)
    checked, more = check_all(specs, checker)
    problems = request.problems + problems + more
    if problems:
        raise ConfigError(problems)
    folders = list(dict.fromkeys(one.config.output_dir for one in checked))
    if len(folders) > 1:
        raise problem(f"output_dir={folders[1]}", f"a sweep has one folder; {folders[0]} is another job's")
    jobs: dict[str, Job] = {}
    same: list[str] = []
    for spec, one in zip(specs, checked):
        job = make_job(len(jobs) + 1, spec, one, checker)
        if job.id in jobs:
            same.append(f"{spec} is the run of job {jobs[job.id].number} ({_shown(jobs[job.id])}) already")
        else:
            jobs[job.id] = job
    if len(same) > 3:
        same[3:] = [f"and {len(same) - 3} more jobs that are another's run"]
    plan = Plan(sweep_name(request, list(jobs)), Path(folders[0]).expanduser(), varying(request.axes),
                list(dict.fromkeys(job.seed for job in jobs.values())), list(jobs.values()),
                ("dlrun", "-m", *overrides), {**request.options, "pairs": pairs(request.axes)},
                (*_left_out(request, specs), *same))
    wrong = list(report_problems(plan, checked))
    if wrong:
        raise ConfigError(wrong)
    return replace(plan, notes=(*plan.notes, *_replaced(plan)))


def _shown(job: Job) -> str:
    return str(JobSpec((), job.values, job.row, job.seed))


def _left_out(request: Request, specs: Sequence[JobSpec]) -> list[str]:
    count = prod(len(axis.choices) for axis in request.axes) - len(specs)
    return [f"{count} job{'' if count == 1 else 's'} left out (skip)"] if count else []


def _replaced(plan: Plan) -> list[str]:
    """What becomes of an older plan of this name: runs belong to no sweep, so that only the list of jobs changes."""
    try:
        older = load(plan.folder)
        before = {job.id: job for job in older.jobs}
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or one that another version has written
        return []
    now = {job.id for job in plan.jobs}
    if before.keys() == now:
        return []
    kept, new, gone = len(before.keys() & now), len(now - before.keys()), len(before.keys() - now)
    return [f"sweep {plan.name} had {len(before)} jobs: {kept} are kept, {new} are new, {gone} are no longer in it "
            f"(what they ran stays in its folders){_since(older, now)}"]


def _since(older: Plan, now: AbstractSet[str]) -> str:
    """``; nets.py has changed since``: the user's own code that the jobs that are gone have trained by."""
    changed: dict[str, None] = {}
    for job in older.jobs:
        if job.id not in now:
            try:
                changed |= dict.fromkeys(changed_modules(RunFolder(older.run_folder(job)).origin()))
            except (FileNotFoundError, Damaged):  # not begun
                continue
    return f"; {', '.join(changed)} {'has' if len(changed) == 1 else 'have'} changed since" if changed else ""
