"""How long a sweep will train, from what finished runs took.  Reads only their result.json."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from dlrun.config.flat import flatten
from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.record.pack_place import last_place
from dlrun.record.plan import SWEEPS, Job, Plan
from dlrun.record.status import DONE
from dlrun.record.stored import Damaged, read_json
from dlrun.sweep.plan.shape import kind, length, shape
from dlrun.sweep.plan.status import JobState

MOST = 500  # results that are read, the newest


@dataclass(frozen=True)
class Forecast:
    """`seconds` of training that are left; None where nothing is known.

    The jobs come one after another; where some are `packed`, so do the packs, and `alone` are the seconds of the same
    jobs without packs (None where these are not known).
    """

    seconds: float | None
    basis: str
    packed: bool = False
    alone: float | None = None


@dataclass(frozen=True)
class _Known:
    shape: frozenset[tuple[str, str]]
    kind: tuple[Any, ...]
    length: frozenset[tuple[str, str]]
    seconds: float
    steps: int
    packed: bool = False  # the seconds are a share of what its pack took


def forecast(plan: Plan, states: Sequence[JobState], retry: bool | None = None,
             packed: Container[int] = ()) -> Forecast:
    """The time that the jobs take that are still to be run; those with the numbers in `packed` in packs.

    From finished runs of the same shape (the same configuration but for values that cost no time), else from those of
    the same kind of model on the same data that differ least, by their steps.  What was trained in a pack tells the
    time of packs.
    """
    again = plan.options.get("retry") == "failed" if retry is None else retry
    left = [(job, state) for job, state in zip(plan.jobs, states) if state.is_pending(again)]
    if not left:
        return Forecast(0.0, "")
    known = _known(plan)
    alone = _sum(plan, left, known, ())
    if not any(job.number in packed for job, _ in left):
        return alone
    found = _sum(plan, left, known, packed)
    if found.seconds is None:
        return Forecast(None, "unknown until the first pack has ended", True, alone.seconds)
    return Forecast(found.seconds, found.basis, True, alone.seconds)


def _sum(plan: Plan, left: Sequence[tuple[Job, JobState]], known: Sequence[_Known],
         packed: Container[int]) -> Forecast:
    total, alike = 0.0, 0
    for job, state in left:
        seconds, same = _job(job, [one for one in known if one.packed == (job.number in packed)])
        if seconds is None:
            return Forecast(None, "unknown until the first job ends")
        alike += same
        total += seconds * _rest(plan.run_folder(job), job, state)
    basis = "from runs of the same shape" if alike == len(left) else "by the steps of like runs, roughly"
    return Forecast(total, basis)


def _job(job: Job, known: Sequence[_Known]) -> tuple[float | None, bool]:
    """The seconds of a whole run, and whether runs of its shape tell them."""
    flat = flatten(job.config)
    own, steps = shape(flat), length(flat)
    same = [one for one in known if one.shape == own]
    exact = [one.seconds for one in same if one.length == steps]
    if exact:
        return median(exact), True
    rates = [one.seconds / one.steps for one in same or _nearest(own, kind(flat), known) if one.steps]
    return (median(rates) * job.steps, bool(same)) if rates and job.steps else (None, False)


def _nearest(own: frozenset[tuple[str, str]], like: tuple[Any, ...], known: Sequence[_Known]) -> list[_Known]:
    """Of the runs of a kind those that differ in the fewest values."""
    apart = [(len(one.shape ^ own), one) for one in known if one.kind == like]
    least = min((count for count, _ in apart), default=0)
    return [one for count, one in apart if count == least]


def _known(plan: Plan) -> list[_Known]:
    """What the newest finished runs below the output folder took."""
    paths = [path for path in plan.output_dir.glob("*/*/result.json") if path.parts[-3] != SWEEPS]
    paths += [path for job in plan.jobs if job.folder.count("/") > 1
              and (path := RunFolder(plan.run_folder(job)).result_file).is_file()]
    found = []
    for path in sorted(paths, key=_when, reverse=True)[:MOST]:
        try:
            result = read_json(path)
            if result["status"] in DONE and result["status"] != "diverged" and result["steps"] and result["seconds"]:
                found.append(_Known(shape(result["config"]), kind(result["config"]), length(result["config"]),
                                    result["seconds"], result["steps"], _in_pack(path)))
        except (OSError, ValueError, KeyError, TypeError):  # gone, half gone, or of another version: it tells nothing
            continue
    return found


def _in_pack(result: Path) -> bool:
    """Whether a run, by its result.json, was last trained in a pack."""
    try:
        origin = read_json(RunFolder(result.parent).provenance)
    except FileNotFoundError:
        return False
    return bool(last_place(origin))


def _when(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _rest(folder: Path, job: Job, state: JobState) -> float:
    """The share of a run that is still to be trained."""
    if state.status != "interrupted" or not job.config.get("epochs"):
        return 1.0
    try:
        rows = read(RunFolder(folder).metrics)
    except Damaged:  # the run itself says so when it resumes
        return 1.0
    trained: int = rows[-1]["epoch"] if rows else 0
    return max(0.0, 1.0 - trained / int(job.config["epochs"]))
