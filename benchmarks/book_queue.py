"""What the books' comparisons still have open, in the order of what an hour decides; trained for so many minutes.

    python benchmarks/book_queue.py                               # the list alone
    python benchmarks/book_queue.py --minutes 600                 # on this machine
    python benchmarks/book_queue.py --gpu --minutes 600 device=cuda pack=auto    # what takes days on two cores

Cells that can be compared and claims that no run in full has measured are counted, and divided by the hours that the
file says (`cost: {full, gpu}`; with --gpu those on two cores where it has none for a GPU); where it says none, the
comparison comes last (`book_costs.py` measures them).  Each is `dlrun book NAME` in a process of its own, which is told
to stop when the minutes are over and saves where it is: the same command goes on there.  Numbers are taken into the
repository by `dlrun book --write`.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dlrun.cli.comparison import measured_in
from dlrun.config.places import packaged
from dlrun.record.quantities import long_time
from dlrun.record.stored import read_json
from dlrun.report.claim_verdicts import MISSING
from dlrun.report.experiments import BookExperiment, book_experiments, kept, kept_verdicts
from dlrun.report.measurements import read_measurements

_UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86400}
STOPPED = (130, 143, -signal.SIGINT, -signal.SIGTERM)  # exit codes of what was told to stop


@dataclass(frozen=True)
class Open:
    """What a comparison has open: cells and claims that a run in full would decide, and its seconds, if known.

    One that has not been `measured` in full, a run of each row at least, is open also where the book has no number and
    no claim.
    """

    experiment: BookExperiment
    cells: int
    claims: int
    seconds: float | None
    measured: bool

    @property
    def worth(self) -> float:
        """Cells and claims an hour; 0 where the time is not known."""
        return 3600 * (self.cells + self.claims) / self.seconds if self.seconds else 0.0


def seconds_of(cost: str) -> float | None:
    """The seconds that a stated cost means (``about 3 h on 2 cores``); None where it states none."""
    found = re.search(r"(\d+(?:\.\d+)?) (s|min|h|day)s?\b", cost)
    return None if found is None else float(found[1]) * _UNITS[found[2]]


def open_in(experiment: BookExperiment, runs: Path, gpu: bool) -> Open:
    """What is open in a comparison, by the numbers that are kept of it and those below a folder of runs."""
    cost = experiment.book.cost or {}
    stated = (cost.get("gpu") if gpu else None) or cost.get("full") or ""
    here = measured_in(runs, experiment).get("full")
    full = read_measurements(read_json(here)) if here else kept(packaged("experiments"), experiment.name).get("full")
    if full is None:
        cells = sum(cell.comparable for cell in experiment.book.printed)
        claims = sum(bool(claim.check) for claim in experiment.book.claims)
    else:
        verdicts = kept_verdicts(experiment, full)
        cells = sum(cell.comparable and verdict.word == MISSING for cell, verdict in verdicts.cells)
        claims = sum(verdict.word == MISSING for _, verdict in verdicts.claims)
    return Open(experiment, 0 if experiment.book.stand_in else cells, claims, seconds_of(stated),
                full is not None and full.runs >= len(full.rows))


def queue(experiments: Sequence[BookExperiment], runs: Path, gpu: bool) -> list[Open]:
    """What has something open, the most cells and claims an hour first."""
    found = [open_in(one, runs, gpu) for one in experiments if one.comparison and not one.book.needs]
    return sorted((one for one in found if one.cells + one.claims or not one.measured),
                  key=lambda one: (-one.worth, -(one.cells + one.claims)))


def train(waiting: Sequence[Open], runs: Path, minutes: float, overrides: Sequence[str]) -> list[str]:
    """Run one after another until the minutes are over; the names of those that have failed."""
    end, failed = time.monotonic() + 60 * minutes, []
    for one in waiting:
        left = end - time.monotonic()
        if left <= 0:
            break
        print(f"\n{one.experiment.name}: {one.experiment.book.title}", flush=True)
        process = subprocess.Popen([sys.executable, "-m", "dlrun", "book", one.experiment.name, f"output_dir={runs}",
                                    *overrides])
        try:
            code = process.wait(left)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.wait()
            print("the minutes are over; the same command goes on here", flush=True)
            break
        except KeyboardInterrupt:
            process.wait()
            raise
        if code in STOPPED:
            break
        failed += [one.experiment.name] if code else []
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("overrides", nargs="*", help="for all, as device=cuda")
    parser.add_argument("--minutes", type=float, help="train for so long; without it the list is all")
    parser.add_argument("--gpu", action="store_true", help="order by the times on a GPU, where a file says them")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="the folder of all runs")
    parser.add_argument("--only", nargs="*", help="these comparisons alone")
    chosen = parser.parse_args()
    waiting = queue([one for one in book_experiments() if not chosen.only or one.name in chosen.only], chosen.runs,
                    chosen.gpu)
    print("comparison      cells  claims  each hour  time")
    for one in waiting:
        told = (f"{one.worth:9.1f}  {long_time(one.seconds)}" if one.seconds else f"{'':9}  not known")
        print(f"{one.experiment.name:<14} {one.cells:6} {one.claims:7}  {told}")
    if chosen.minutes is None:
        return 0
    failed = train(waiting, chosen.runs, chosen.minutes, chosen.overrides)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
