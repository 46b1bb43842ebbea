"""From a search's command to its plan, which grows as trials are asked: the space is checked before the first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dlrun.config.problem import ConfigError, Problem
from dlrun.preflight.checked import Checked
from dlrun.record.plan import Job, Plan, load
from dlrun.sweep.plan.checking import Checker, check_all, make_job
from dlrun.sweep.plan.grid import pairs, varying
from dlrun.sweep.plan.naming import sweep_name
from dlrun.sweep.request.request import Request
from dlrun.sweep.search.objective import objective, unlike
from dlrun.sweep.search.space import Space, space_of
from dlrun.sweep.search.study import missing, suggest
from dlrun.sweep.search.trials import Trials


def search_plan(overrides: Sequence[str], request: Request, checker: Checker) -> Plan:
    """The plan of a search, with the jobs that it has had so far; raises ConfigError with everything that is wrong.

    Every end and every choice is checked once, all else at its first one; what a trial combines is checked as it
    is asked.
    """
    search = request.settings.search
    assert search is not None
    space, problems = space_of(request)
    probes = space.probes()
    checked, wrong = check_all(probes, checker)
    problems = request.problems + problems + missing(search) + [_whole(problem, space) for problem in wrong]
    metric, versus = request.settings.metric, request.settings.versus
    if versus is not None:
        problems.append(Problem(f"versus={versus}", "a search has no rows before it has drawn them; name one "
                                                    "afterwards, as  dlrun report SWEEP versus=ROW"))
    for one in checked:
        found, wrong = objective(one.config, metric)
        problems += wrong
        metric = metric if wrong else found.key
        if not wrong and one is checked[-1]:
            problems += unlike(checked, found)
    if problems:
        raise ConfigError(problems)
    ids = [*map(checker.id, checked)]
    settings = {**request.options, "metric": metric, "pairs": pairs(request.axes),
                "space": space.describe(),
                "choices": {str(replace(probe, seed=None)): own for probe, own in zip(probes[1:], ids[1:])}}
    fingerprint = [json.dumps([search, settings["pruner"], metric, space.seeds, settings["space"]])]
    name = sweep_name(request, [*ids, *fingerprint])
    plan = Plan(name, Path(checked[0].config.output_dir).expanduser(), _axes(space),
                space.seeds or [checked[0].config.seed], [], ("dlrun", "-m", *overrides), settings)
    return replace(plan, jobs=jobs_so_far(plan))


def fingerprint(plan: Plan, checked: Checked, checker: Checker) -> dict[str, object]:
    """What may not change while a study is continued; `checked` is the first of the space's probes.

    Of the other ones the ids tell a row or an option whose file was edited: its name in the space stays.
    """
    choices = {f"configuration of {choice}": own for choice, own in plan.options.get("choices", {}).items()}
    return {"metric": plan.options["metric"], "seeds": plan.seeds, "space": plan.options["space"],
            "configuration": checker.id(checked), **choices}


def jobs_so_far(plan: Plan) -> list[Job]:
    """The jobs that an earlier start of this search has stored."""
    try:
        before = load(plan.folder)
    except (FileNotFoundError, ValueError, KeyError, TypeError):  # none, or one that another version has written
        return []
    return before.jobs if before.options.get("search") else []


def lost_jobs(plan: Plan, trials: Trials, space: Space, checker: Checker) -> list[Job]:
    """The jobs of the study's trials that are not in the plan, whose files were lost or damaged."""
    known = {job.id for job in plan.jobs}
    found: dict[str, Job] = {}
    for trial in trials.all():
        if known.issuperset(trial.user_attrs.get("jobs", [])):
            continue
        specs = space.specs(suggest(trial, space.drawn))
        checked, wrong = check_all(specs, checker)
        for spec, ready in zip(specs, () if wrong else checked):
            job = make_job(len(known) + len(found) + 1, spec, ready, checker)
            if job.id not in known:
                found.setdefault(job.id, job)
    return list(found.values())


def _axes(space: Space) -> dict[str, list[object]]:
    """As a grid's plan has them; of an interval the two ends."""
    found = varying(space.axes)
    for axis in space.axes:
        if axis.interval is not None:
            found[axis.keys[0]] = [axis.interval.low, axis.interval.high]
    return found


def _whole(problem: Problem, space: Space) -> Problem:
    """A key that takes integers needs an interval of them."""
    key = problem.given.partition("=")[0]
    axis = next((axis for axis in space.axes if axis.interval is not None and axis.keys == [key]), None)
    integers = problem.expected.removeprefix("expected ").startswith("an integer")
    if axis is None or axis.interval is None or axis.interval.whole or not integers:
        return problem
    low, high = axis.interval.low, axis.interval.high
    return Problem(axis.given, f"{key} takes integers:  {key}='int(interval({low:g},{high:g}))'")
