"""What a command without a verb answers under ``json=true``: a run and its result, or a sweep, its jobs and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict


class JobAnswer(TypedDict):
    """A job of a sweep."""

    id: str
    folder: str
    row: Annotated[str | None, "The named row that it belongs to."]
    values: Annotated[dict[str, Any], "Its values on the axes, by key."]
    status: Annotated[str | None, "That of its result; null while there is none."]


class RunAnswer(TypedDict):
    """A run, or with `jobs` a sweep; what the one has is null in the other."""

    id: str | None
    folder: Annotated[str, "Where everything lies."]
    result: Annotated[dict[str, Any] | None, "The content of the run's result.json; null where it has none."]
    jobs: Annotated[list[JobAnswer] | None, "Those of a sweep."]
    report: Annotated[dict[str, Any] | None, "The tables of a sweep, as `dlrun report` answers them."]


def run_answer(overrides: Sequence[str]) -> tuple[int, RunAnswer]:
    """Train one run: exit code and answer.  Raises ConfigError."""
    from dlrun.cli.train import train

    code, checked = train(overrides)
    from dlrun.run.run import run_folder

    run_id, folder = run_folder(checked.config)
    return code, {"id": run_id, "folder": str(folder.path), "result": folder.result(), "jobs": None, "report": None}


def sweep_answer(overrides: Sequence[str]) -> tuple[int, RunAnswer]:
    """Train a sweep, or plan it alone (dry_run=true): exit code and answer.  Raises ConfigError."""
    from dlrun.cli.multirun import sweep
    from dlrun.config.compose.session import hydra_started
    from dlrun.record.plan import load
    from dlrun.report.collect import collect
    from dlrun.report.files import as_data
    from dlrun.sweep.plan.status import read_all

    with hydra_started():
        code, plan = sweep(overrides)
    begun = not plan.options["dry_run"]
    plan = load(plan.folder) if begun else plan  # a search's has grown
    states = read_all(plan)
    jobs: list[JobAnswer] = [
        {"id": job.id, "folder": str(plan.run_folder(job)), "row": job.row, "values": dict(job.values),
         "status": str(state.result["status"]) if state.result else None} for job, state in zip(plan.jobs, states)]
    tables = as_data(collect([plan.folder])) if begun and any(state.result for state in states) else None
    return code, {"id": None, "folder": str(plan.folder), "result": None, "jobs": jobs, "report": tables}
