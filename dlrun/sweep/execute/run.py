"""Runs the stored plan of a grid: done jobs are skipped, interrupted ones resume, the rest is trained; then tables."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from dlrun.engine.signals import Signals
from dlrun.record.plan import Plan
from dlrun.record.remarks import counted
from dlrun.record.status import resuming
from dlrun.record.terminal import say
from dlrun.sweep.execute.driver import Driver
from dlrun.sweep.execute.job_queue import JobQueue
from dlrun.sweep.execute.launcher import CannotStart, build_launcher
from dlrun.sweep.execute.options import Execution
from dlrun.sweep.execute.packing import planned_packs
from dlrun.sweep.execute.pending_job import PendingJob
from dlrun.sweep.execute.plain_view import PlainView
from dlrun.sweep.execute.progress import Progress
from dlrun.sweep.execute.rich_view import RichView
from dlrun.sweep.execute.slots import Slots, ThreadRule, find_slots
from dlrun.sweep.plan.packs import Place
from dlrun.sweep.plan.status import JobState, read_all


def run_grid(plan: Plan, options: Execution, out: TextIO) -> int:
    """Execute a stored plan of a grid; the exit code, as `sweep.run.run_sweep` gives it."""
    states = read_all(plan)
    slots = find_slots(options, plan.jobs)
    places = planned_packs(plan, states, options, slots, lambda text: say(text, file=out)).places
    pending = pending_jobs(plan, states, slots, retry=options.retry == "failed", places=places)
    with Signals() as signals:
        if pending:
            run_queue(plan, states, JobQueue(pending, options.max_failures), slots, options, signals, out)
        code = signals.exit_code
    states = read_all(plan)
    write_tables(plan, states, out)
    say(Progress(plan, states, []).counts(), file=out)
    if remarks := counted([state.result for state in states if state.done and not state.failed]):
        say(f"{remarks} (each in its result.json)", file=out)
    if code:
        say(saved(plan, signals), file=out)
        return code
    return 0 if all(state.done and not state.failed for state in states) else 1


def saved(plan: Plan, signals: Signals) -> str:
    """What a sweep that a signal has ended says last."""
    return f"{signals.name}: all running jobs are saved; {resuming(plan.force)} resumes them"


def pending_jobs(plan: Plan, states: Sequence[JobState], slots: Slots, retry: bool,
                 places: Mapping[int, Place]) -> list[PendingJob]:
    """The jobs that are to be run, with their threads and packs; under ``force=true`` all, from their beginning."""
    threads = ThreadRule(slots)
    return [PendingJob(job, plan.run_folder(job), threads.of(job, None if job.config.get("force") else state.threads),
                       state, place=places.get(job.number))
            for job, state in zip(plan.jobs, states) if state.is_pending(retry) or job.config.get("force")]


def run_queue(plan: Plan, states: Sequence[JobState], queue: JobQueue, slots: Slots, options: Execution,
              signals: Signals, out: TextIO) -> None:
    """Run a queue to its end, with its events shown."""
    launcher = build_launcher(options, slots, plan.folder / "logs")
    progress: Progress = (RichView if out.isatty() else PlainView)(plan, states, queue.waiting, out)
    try:
        Driver(queue, launcher, progress, options.timeout).run(signals)
    except CannotStart as reason:
        say(reason, file=sys.stderr)
    finally:
        progress.close()


def write_tables(plan: Plan, states: Sequence[JobState], out: TextIO) -> None:
    """The tables of the results there are, printed and written to ``reports/`` in the sweep's folder."""
    from dlrun.report.collect import collect
    from dlrun.report.files import write_files
    from dlrun.report.terminal import print_report

    if not any(state.result for state in states):
        return
    say(file=out)
    report = collect([plan.folder], plan.options.get("metric"), plan.options.get("versus"))
    print_report(report, out)
    write_files(report, plan.folder / "reports")
