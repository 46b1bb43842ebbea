"""Runs a plan: what is done is skipped, what was interrupted goes on, the rest is trained; then the tables."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from dlrun.engine.signals import Signals
from dlrun.record.plan import Plan
from dlrun.sweep.execute.engines import engine
from dlrun.sweep.execute.engines.drive import Drive
from dlrun.sweep.execute.job_queue import Agenda
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.pending_job import Todo
from dlrun.sweep.execute.plain_view import Lines
from dlrun.sweep.execute.pool import Pool
from dlrun.sweep.execute.progress import Watch
from dlrun.sweep.execute.rich_view import Screen
from dlrun.sweep.execute.runner import Broken
from dlrun.sweep.execute.slots import Slots, Threads, slots
from dlrun.sweep.plan.status import Entry, survey


def run_grid(plan: Plan, options: Execution, out: TextIO) -> int:
    """Execute a stored plan of a grid; the exit code, as `run_sweep` gives it."""
    entries = survey(plan)
    place = slots(options, plan.jobs)
    todo = todos(plan, entries, place, retry=options.retry == "failed")
    with Signals() as signals:
        if todo:
            work(plan, entries, Agenda(todo, options.failures), place, options, signals, out)
        asked = signals.exit_code
    entries = survey(plan)
    report(plan, entries, out)
    print(Watch(plan, entries, []).counts(), file=out)
    if asked:
        print(f"{signals.name}: all running jobs are saved; the same command goes on", file=out)
        return asked
    return 0 if all(entry.done and not entry.failed for entry in entries) else 1


def todos(plan: Plan, entries: Sequence[Entry], place: Slots, retry: bool) -> list[Todo]:
    """The jobs that are to be run, with their threads; under ``force=true`` all of them, from their beginning."""
    threads = Threads(place)
    return [Todo(job, plan.run_folder(job), threads.of(job, None if job.config.get("force") else entry.threads), entry)
            for job, entry in zip(plan.jobs, entries) if entry.to_do(retry) or job.config.get("force")]


def work(plan: Plan, entries: Sequence[Entry], agenda: Agenda, place: Slots, options: Execution, signals: Signals,
         out: TextIO) -> None:
    """Run an agenda to its end, with its events shown."""
    logs = plan.folder / "logs"
    own = None if options.launcher == "local" else engine(options, place, logs)
    watch: Watch = (Screen if out.isatty() else Lines)(plan, entries, agenda.left, out)
    try:
        if own is None:
            Pool(agenda, place, watch, logs, options.timeout).run(signals)
        else:
            Drive(agenda, own, watch, logs, options.timeout).run(signals)
    except Broken as broken:
        print(broken, file=sys.stderr)
    finally:
        watch.close()


def report(plan: Plan, entries: Sequence[Entry], out: TextIO) -> None:
    """The tables of what there is, printed and written to ``reports/`` in the sweep's folder."""
    from dlrun import report

    if not any(entry.result for entry in entries):
        return
    metric, versus = plan.options.get("metric"), plan.options.get("versus")
    print(file=out)
    report.show([plan.folder], out, metric, versus)
    report.write([plan.folder], plan.folder / "reports", metric, versus)
