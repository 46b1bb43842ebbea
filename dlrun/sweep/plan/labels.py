"""What a job is called: what tells it from the other jobs of its plan."""

from __future__ import annotations

from dlrun.config.schema.quoting import show
from dlrun.record.plan import Job, Plan


def labels(plan: Plan, job: Job) -> list[str]:
    """What tells a job from the others: its row, its values, its seed; one text for each of `columns`."""
    seeds = [str(job.seed)] if len(plan.seeds) > 1 else []
    rows = [job.row or ""] if any(one.row for one in plan.jobs) else []
    return [*rows, *(show(job.values.get(axis, "")) for axis in varying(plan)), *seeds]


def columns(plan: Plan) -> list[str]:
    """The heads of `labels`."""
    rows = ["row"] if any(one.row for one in plan.jobs) else []
    return [*rows, *varying(plan), *(["seed"] if len(plan.seeds) > 1 else [])]


def varying(plan: Plan) -> list[str]:
    """The keys that vary, the seed apart."""
    return [axis for axis, values in plan.axes.items() if len(values) > 1 and axis != "seed"]


def job_name(plan: Plan, job: Job) -> str:
    """``optimizer=adam seed=1``; the folder of a job that differs in nothing."""
    pairs = zip(columns(plan), labels(plan, job))
    return " ".join(f"{key}={value}" if key != "row" else value for key, value in pairs if value) or job.folder


def common_overrides(plan: Plan) -> str:
    """The overrides that all jobs share."""
    shared = set.intersection(*(set(job.overrides) for job in plan.jobs)) if plan.jobs else set()
    return " ".join(override for override in (plan.jobs[0].overrides if plan.jobs else ()) if override in shared)
