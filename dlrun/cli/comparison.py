"""Running one comparison of a book: what is missing is trained, then every number stands beside the printed one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.problem import problem
from dlrun.config.schema.sweeps import of_a_sweep
from dlrun.record.terminal import say
from dlrun.report.claim_verdicts import rows_of
from dlrun.report.experiments import Entry
from dlrun.report.measurements import Folders, row_name
from dlrun.report.verdicts import QUICK, verdicts_on

if TYPE_CHECKING:
    from dlrun.record.plan import Plan

MEASURED = "measured.json"  # in the sweep's folder: the numbers that its verdicts are made of
_FREE = ("output_dir", "data_dir", "device", "threads", "resident", "verbosity")  # change no result
_HOW = ("seeds", "workers", "per_gpu", "on_error", "retry", "timeout", "dry_run", "launcher")  # nor do these
SEEDS = "seeds=5"


def run_comparison(entry: Entry, profile: str, overrides: Sequence[str]) -> int:
    """Run what is missing of a comparison and print it with its verdicts; the exit code of the sweep.

    An override that narrows it, or changes a setting, makes a table that is labelled partial.
    """
    if entry.book.needs:
        raise problem(entry.name, f"it cannot be run: it needs {entry.book.needs}")
    from dlrun.record.folder import write_json, write_text
    from dlrun.record.plan import store
    from dlrun.report.book_page import as_page
    from dlrun.report.book_text import print_comparison
    from dlrun.sweep.make import make_plan

    partial = [override for override in overrides if not _harmless(override)]
    plan = make_plan(sweep_overrides(entry, profile, overrides, bool(partial)))
    if not partial and profile != QUICK:
        check_names(entry, plan)
    if plan.options.get("dry_run"):
        return _printed(plan)
    store(plan)
    code = _run(plan)
    folders = Folders(plan, entry.name, profile, partial)
    verdicts = verdicts_on(entry.book, folders.measurements, folders.look, entry.metric)
    say()
    print_comparison(entry.book, folders.measurements, verdicts, sys.stdout)
    write_json(plan.folder / MEASURED, folders.measurements.plain())
    write_text(plan.folder / "reports" / "book.html",
               as_page(entry.book, folders.measurements, verdicts, folders.look))
    say(f"\n{plan.folder / 'reports' / 'book.html'}")
    return code


def sweep_overrides(entry: Entry, profile: str, overrides: Sequence[str], partial: bool) -> list[str]:
    """The overrides of the sweep: the experiment, the profile's overrides where nothing typed stands against them."""
    typed = {_key(override) for override in overrides}
    quick = [override for override in entry.book.quick if _key(override) not in typed] if profile == QUICK else []
    seeds = [] if entry.sweep.get("seeds") or "seeds" in typed | {_key(override) for override in quick} else [SEEDS]
    name = "-".join(filter(None, [entry.name.replace("/", "-"), QUICK if profile == QUICK else "",
                                  "partial" if partial else ""]))
    return [f"experiment={entry.name}", f"sweep.name={name}", *seeds, *quick, *overrides]


def check_names(entry: Entry, plan: Plan) -> None:
    """Raises ConfigError where the book's cells or claims name rows that the comparison does not have."""
    known = list(dict.fromkeys(row_name(job) for job in plan.jobs))
    rows = [cell.row for cell in entry.book.printed if cell.row is not None]
    rows += [row for claim in entry.book.claims if claim.check for row in rows_of(claim.check)]
    wrong = [row for row in dict.fromkeys(rows) if row not in known]
    if wrong:
        raise problem(f"book of {entry.name}", f"no row {', '.join(wrong)}; rows are {', '.join(known)}")


def measured_in(output_dir: Path, entry: Entry) -> dict[str, Path]:
    """The files of numbers below a folder of runs, by profile."""
    base = output_dir / "sweeps" / entry.name.replace("/", "-")
    places = {"full": base / MEASURED, QUICK: base.with_name(f"{base.name}-{QUICK}") / MEASURED}
    return {profile: path for profile, path in places.items() if path.is_file()}


def _run(plan: Plan) -> int:
    from dlrun.sweep.execute.options import execution
    from dlrun.sweep.plan.status import read_job
    from dlrun.sweep.run import run_sweep

    states = [read_job(plan.run_folder(job)) for job in plan.jobs]
    if all(found.done or found.failed for found in states) and plan.options.get("retry") != "failed":
        return 1 if any(found.failed for found in states) else 0  # nothing to run: the tables alone
    _printed(plan)
    return run_sweep(plan, execution(plan.options))


def _printed(plan: Plan) -> int:
    from dlrun.sweep.plan.forecast import forecast
    from dlrun.sweep.plan.plan_text import plan_lines
    from dlrun.sweep.plan.status import read_job

    states = [read_job(plan.run_folder(job)) for job in plan.jobs]
    say("\n".join(plan_lines(plan, states, forecast(plan, states))), flush=True)
    return 0


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0].removeprefix("sweep.")


def _harmless(override: str) -> bool:
    key = _key(override)
    return key in _FREE or (bool(of_a_sweep(override)) and key in _HOW)
