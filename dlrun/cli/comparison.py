"""Running one comparison of a book: what is missing is trained, then every number stands beside the printed one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.cli.exit_codes import STOPPED
from dlrun.config.problem import problem
from dlrun.config.schema.sweeps import of_a_sweep
from dlrun.record.status import resuming
from dlrun.record.terminal import room, say
from dlrun.report.claim_checks import rows_of
from dlrun.report.experiments import SEEDS, BookExperiment
from dlrun.report.measurements import Folders, Measurements, read_measurements, row_name
from dlrun.report.verdicts import QUICK, Verdicts, verdicts_on

if TYPE_CHECKING:
    from dlrun.record.plan import Plan

MEASURED = "measured.json"  # in the sweep's folder: the numbers that its verdicts are made of
_FREE = ("output_dir", "data_dir", "device", "threads", "resident", "verbosity", "force",  # change no result,
         "speed", "pack")  # or its rounding alone: the recipe is the book's on any path; each run's folder names it
_HOW = ("seeds", "workers", "per_gpu", "on_error", "retry", "timeout", "dry_run", "launcher")  # nor do these


@dataclass(frozen=True)
class Compared:
    """A comparison that was run: the sweep's exit code and folder; `verdicts` is None where it was only planned."""

    code: int
    folder: Path
    verdicts: Verdicts | None = None


def run_comparison(experiment: BookExperiment, profile: str, overrides: Sequence[str]) -> Compared:
    """Run what is missing of a comparison and print it with its verdicts.

    An override that narrows it, or changes a setting, makes a table that is labelled partial.  What was stopped is
    printed, but no numbers are kept of it: rows with seeds missing are not the comparison.
    """
    if experiment.book.needs:
        raise problem(experiment.name, f"it cannot be run: it needs {experiment.book.needs}")
    from dlrun.record.folder import write_json, write_text
    from dlrun.record.plan import store
    from dlrun.report.book_page import as_page
    from dlrun.report.book_text import print_comparison
    from dlrun.sweep.make import make_plan

    partial = [override for override in overrides if not _harmless(override)]
    plan = make_plan(sweep_overrides(experiment, profile, overrides, bool(partial)))
    if not partial and profile != QUICK:
        check_names(experiment, plan)
    if plan.options.get("dry_run"):
        return Compared(_printed(plan), plan.folder)
    store(plan)
    code = _run(plan)
    changed = [override for override in partial if not of_a_sweep(override) and _key(override) not in plan.axes]
    folders = Folders(plan, experiment.name, profile, partial)
    verdicts = verdicts_on(experiment.book, folders.measurements, folders.values_of, experiment.metric,
                           experiment.claim_seeds, changed)
    folders.keep_curves(drawn(experiment))
    say()
    print_comparison(experiment.book, folders.measurements, verdicts, sys.stdout)
    if code in STOPPED:
        say(f"\nstopped: its numbers are kept when all its jobs are done; {resuming(plan.force)} goes on")
        return Compared(code, plan.folder, verdicts)
    write_json(plan.folder / MEASURED, folders.measurements.plain())
    write_text(plan.folder / "reports" / "book.html",
               as_page(experiment.book, folders.measurements, verdicts, folders.values_of))
    say(f"\n{plan.folder / 'reports' / 'book.html'}")
    return Compared(code, plan.folder, verdicts)


def drawn(experiment: BookExperiment) -> list[str]:
    """The metrics whose learning curves are kept: what the rows stand for, and what the book prints."""
    return [experiment.metric, *(cell.metric for cell in experiment.book.printed)]


def read_measured(path: Path, experiment: BookExperiment) -> Measurements:
    """The numbers in a file of `measured_in`; an older one gets the curves of its runs, where all are still there."""
    from dlrun.record.plan import load
    from dlrun.record.stored import read_json

    found = read_measurements(read_json(path))
    if not found.curves and (path.parent / "plan.json").is_file():
        folders = Folders(load(path.parent), experiment.name, found.profile)
        if (folders.measurements.ids, folders.measurements.runs) == (found.ids, found.runs):
            folders.keep_curves(drawn(experiment))
            found.curves = folders.measurements.curves
    return found


def sweep_overrides(experiment: BookExperiment, profile: str, overrides: Sequence[str], partial: bool) -> list[str]:
    """The overrides of the sweep: the experiment, the profile's overrides where nothing typed stands against them."""
    typed = {_key(override) for override in overrides}
    quick = [override for override in experiment.book.quick if _key(override) not in typed] if profile == QUICK else []
    seeded = experiment.sweep.get("seeds") or "seeds" in typed | {_key(override) for override in quick}
    seeds = [] if seeded else [f"seeds={SEEDS}"]
    name = "-".join(filter(None, [experiment.name.replace("/", "-"), QUICK if profile == QUICK else "",
                                  "partial" if partial else ""]))
    return [f"experiment={experiment.name}", f"sweep.name={name}", *seeds, *quick, *overrides]


def check_names(experiment: BookExperiment, plan: Plan) -> None:
    """Raises ConfigError where the book's cells or claims name rows that the comparison does not have."""
    known = list(dict.fromkeys(row_name(job) for job in plan.jobs))
    rows = [cell.row for cell in experiment.book.printed if cell.row is not None]
    rows += [row for claim in experiment.book.claims if claim.check for row in rows_of(claim.check)]
    wrong = [row for row in dict.fromkeys(rows) if row not in known]
    if wrong:
        raise problem(f"book of {experiment.name}", f"no row {', '.join(wrong)}; rows are {', '.join(known)}")


def measured_in(output_dir: Path, experiment: BookExperiment) -> dict[str, Path]:
    """The files of numbers below a folder of runs, by profile."""
    base = output_dir / "sweeps" / experiment.name.replace("/", "-")
    places = {"full": base / MEASURED, QUICK: base.with_name(f"{base.name}-{QUICK}") / MEASURED}
    return {profile: path for profile, path in places.items() if path.is_file()}


def _run(plan: Plan) -> int:
    from dlrun.sweep.execute.options import execution
    from dlrun.sweep.plan.status import read_all
    from dlrun.sweep.run import run_sweep

    states, retry = read_all(plan), plan.options.get("retry") == "failed"
    if not plan.force and not any(found.is_pending(retry) for found in states):
        return 1 if any(found.failed for found in states) else 0  # nothing to run: the tables alone
    _printed(plan, say)
    return run_sweep(plan, execution(plan.options))


def _printed(plan: Plan, trying: Callable[[str], None] | None = None) -> int:
    from dlrun.sweep.execute.packing import planned_packs
    from dlrun.sweep.plan.forecast import forecast
    from dlrun.sweep.plan.plan_text import plan_lines
    from dlrun.sweep.plan.status import read_all

    states = read_all(plan)
    found = planned_packs(plan, states, say=trying)
    say("\n".join(plan_lines(plan, states, forecast(plan, states, packed=found.places), found.lines,
                             room(sys.stdout))), flush=True)
    return 0


def _key(override: str) -> str:
    return override.lstrip("+~").partition("=")[0].removeprefix("sweep.")


def _harmless(override: str) -> bool:
    key = _key(override)
    return key in _FREE or (bool(of_a_sweep(override)) and key in _HOW)
