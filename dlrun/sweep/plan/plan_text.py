"""A plan in lines: what varies, what is common, how many jobs and what has become of them, how long it will take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from dlrun.config.schema.quoting import show
from dlrun.record.plan import Plan
from dlrun.record.quantities import long_time
from dlrun.record.terminal import columns as aligned
from dlrun.record.terminal import fitting
from dlrun.sweep.plan.forecast import Forecast
from dlrun.sweep.plan.labels import columns, common_overrides, labels
from dlrun.sweep.plan.status import PRUNED, STARTED, JobState

_LISTED = 40  # jobs of a dry run that get a line of their own
_SHOWN = 12  # values of an axis


def plan_lines(plan: Plan, states: Sequence[JobState], time: Forecast, packs: Sequence[str] = (),
               width: int = 10_000) -> list[str]:
    """The plan as it is printed before the first job; with `dry_run` the jobs too, in lines of `width`."""
    lines = [line for head, text in _parts(plan, states, time, packs)
             for line in fitting(f"{head:6}  {text}".rstrip(), width, indent=8)]
    return lines + (["", *_jobs(plan, states, width)] if plan.options.get("dry_run") else [])


def _parts(plan: Plan, states: Sequence[JobState], time: Forecast,
           packs: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "sweep", f"{plan.name}  ({plan.folder})"
    rows = list(dict.fromkeys(job.row for job in plan.jobs if job.row is not None))
    if rows:
        yield "rows", _some(rows, "; " if any("," in row for row in rows) else ", ")
    width = max(map(len, plan.axes), default=0)
    head = "axes"
    pairs = plan.options.get("pairs", ())
    partners = {key: [other for other in pair if other != key] for pair in pairs for key in pair}
    space = plan.options.get("space", {})
    for key, values in plan.axes.items():
        beside = f"  (with {', '.join(partners[key])})" if key in partners else ""
        shown = space[key] if isinstance(space.get(key), str) else _some([show(value) for value in values])
        yield head, f"{key:{width}}  {shown}{beside}"
        head = ""
    if len(plan.seeds) > 1:
        first, last = plan.seeds[0], plan.seeds[-1]
        whole = plan.seeds == list(range(first, last + 1))
        yield "seeds", f"{first} to {last}" if whole else _some(map(str, plan.seeds))
    common = common_overrides(plan)
    if common:
        yield "common", common
    if plan.options.get("search"):
        yield "search", "{search}, {n_trials} trials in all by {metric}, pruner {pruner}".format(**plan.options)
    if plan.jobs or not plan.options.get("search"):
        yield "jobs", job_counts(plan, states)
    for head, text in zip(("packs", *[""] * len(packs)), packs):
        yield head, text
    if time.packed:
        known = time.basis if time.seconds is None else f"about {long_time(time.seconds)} of training ({time.basis})"
        without = "" if time.alone is None else f"; without packs about {long_time(time.alone)}, one job after another"
        yield "time", known + without
    elif time.seconds is None:
        yield "time", time.basis
    elif time.seconds:
        yield "time", f"about {long_time(time.seconds)} of training, one job after another ({time.basis})"
    for note in plan.notes:
        yield "note", note


def job_counts(plan: Plan, states: Sequence[JobState]) -> str:
    """``12: 4 done, 1 to continue, 7 to do``; failed jobs say how they are tried again."""
    counts = Counter(outcome(state) for state in states)
    parts = [f"{counts[name]} {name}" for name in ("done", "to continue", "pruned", "failed", "to do") if counts[name]]
    if counts["failed"]:
        again = "tried again" if plan.options.get("retry") == "failed" else "retry=failed tries again"
        parts = [f"{part} ({again})" if part.endswith("failed") else part for part in parts]
    return f"{len(plan.jobs)}: {', '.join(parts)}"


def outcome(state: JobState) -> str:
    """One of done, to continue, pruned, failed, to do.  Diverged is done: the same job would diverge again."""
    if state.done:
        return "done"
    if state.failed:
        return "failed"
    if state.status == PRUNED:
        return "pruned"
    return "to continue" if state.status == STARTED else "to do"


def _some(values: Sequence[str] | Iterator[str], between: str = ", ") -> str:
    """Values in a line; the middle of many is left out."""
    texts = list(values)
    if len(texts) > _SHOWN:
        texts = [*texts[:_SHOWN - 3], f"... ({len(texts)})", texts[-1]]
    return between.join(texts)


def _jobs(plan: Plan, states: Sequence[JobState], width: int) -> Iterator[str]:
    """Where folders are too long for a line they are named by their ids, by which commands find them."""
    rows = [["job", *columns(plan), "state", "folder"]]
    rows += [[str(job.number), *labels(plan, job), outcome(state), job.folder]
             for job, state in zip(plan.jobs[:_LISTED], states)]
    lines = aligned(rows, indent="")
    if max(map(len, lines)) > width:
        lines = aligned([[*row[:-1], row[-1].rpartition("/")[2]] for row in rows], indent="")
    yield from lines
    if len(plan.jobs) > _LISTED:
        yield f"... and {len(plan.jobs) - _LISTED} more"
