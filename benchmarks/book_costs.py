"""What the books' comparisons cost in full: one short run of each row, extrapolated to all its epochs and seeds.

    nice -n 15 python benchmarks/book_costs.py [NAME ...] [--seconds 60]

Without names, those whose file says no cost in full.  A row trains for `--seconds` on one thread, with its own epochs;
the epochs (or steps) it came to are extrapolated to all of them, and its own measurement at the end is counted once.
Several rows that are one run count once.  Run it on an idle machine; `cost: {full: ...}` takes the last column, halved
for two cores.
"""

from __future__ import annotations

import argparse
import math
import tempfile

import dlrun
from dlrun.cli.comparison import sweep_overrides
from dlrun.config.problem import ConfigError
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.plan import Job
from dlrun.record.quantities import long_time
from dlrun.report.experiments import BookExperiment, book_experiment, book_experiments
from dlrun.report.measurements import row_name
from dlrun.sweep.make import make_plan


def seconds_of(job: Job, limit: float, folder: str, *more: str) -> tuple[float, str]:
    """The seconds that a job takes by a run of `limit` seconds, and how they were found."""
    run = dlrun.train(*job.overrides, "threads=1", f"max_seconds={limit:g}", f"output_dir={folder}", *more,
                      progress=False)
    result = run.result
    epochs, steps, taken = int(job.config["epochs"]), int(result["steps"]), float(result["seconds"])
    if "max_seconds:" not in str(result["stop_reason"]):
        return taken, "whole"
    *complete, cut = read(RunFolder(run.folder).metrics)
    beside = taken - float(cut["seconds"]) - sum(float(row["seconds"]) for row in complete)  # counted once
    if complete:
        each = sum(float(row["seconds"]) for row in complete) / len(complete)
        return beside + each * epochs, f"{len(complete)} of {epochs} epochs"
    whole = job.config.get("steps_per_epoch") or math.ceil(result["rows"]["train"] / int(job.config["batch_size"]))
    planned = min(epochs * whole, job.config.get("max_steps") or math.inf)
    return beside + float(cut["seconds"]) / steps * planned, f"{steps:,} of {planned:,} steps"


def cost_of(experiment: BookExperiment, limit: float) -> float | None:
    """The seconds of all runs of a comparison on one core; prints each row.  None where it cannot be run here."""
    try:
        plan = make_plan(sweep_overrides(experiment, "full", [], False))
    except ConfigError as wrong:
        print(f"  not here: {wrong.problems[0].expected}")
        return None
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for job in {row_name(job): job for job in reversed(plan.jobs)}.values():
            each, how = seconds_of(job, limit, folder)
            total += each * len(plan.seeds)
            print(f"  {row_name(job):<50} {long_time(each):>14}  ({how})", flush=True)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    found = [book_experiment(name) for name in chosen.names] or [
        entry for entry in book_experiments()
        if entry.comparison and not entry.book.needs and not (entry.book.cost or {}).get("full")]
    costs = {}
    for experiment in found:
        print(f"{experiment.name}: {experiment.book.title}", flush=True)
        cost = cost_of(experiment, chosen.seconds)
        if cost is not None:
            costs[experiment.name] = cost
    for name, cost in sorted(costs.items(), key=lambda pair: pair[1]):
        seeds = len(book_experiment(name).claim_seeds)
        print(f"{name:<20} {seeds} seeds  {long_time(cost):>14} on one core")


if __name__ == "__main__":
    main()
