"""Where runs are: run folders, sweeps' folders, and whatever lies above them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from dlrun.config.flat import flatten
from dlrun.config.places import ASIDE
from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.record.plan import SWEEPS, Plan, load
from dlrun.record.trials import pruned
from dlrun.report.run import NOT_STARTED, UNFINISHED, Run, read_run

_MARKS = ("result.json", "provenance.json", "metrics.jsonl")


def gather(paths: Sequence[Path]) -> tuple[list[Run], list[Plan]]:
    """All runs in `paths`, each folder once, in the order of the plans, then of their paths; and the sweeps' plans.

    Raises ConfigError for a path that is not there, and where there is no run at all.
    """
    missing = [Problem(str(path), "no such folder") for path in paths if not path.is_dir()]
    if missing:
        raise ConfigError(missing)
    runs: dict[tuple[str, str | None], Run] = {}
    plans = []
    for path in paths:
        if (path / "plan.json").exists():
            plan = load(path.absolute())  # its runs lie above it, which a relative path may not reach
            given_up = pruned(path) if plan.options.get("search") else set()  # a grid's folder may hold an older search
            plans.append(plan)
            for job in plan.jobs:
                folder = plan.run_folder(job)
                run = read_run(folder, flatten(job.config), job.id, job.row, job.values)
                if job.id in given_up and run.status in ("interrupted", UNFINISHED, NOT_STARTED):
                    run = replace(run, status="pruned")
                runs.setdefault((os.path.realpath(folder), job.row), run)
    planned = {folder for folder, _ in runs}
    for path in paths:
        if not (path / "plan.json").exists():
            for folder in run_folders(path):
                if os.path.realpath(folder) not in planned:
                    runs.setdefault((os.path.realpath(folder), None), read_run(folder))
    if not runs:
        raise ConfigError([Problem(" ".join(map(str, paths)), "no run lies there (a run's folder holds result.json)")])
    return list(runs.values()), plans


def run_folders(path: Path) -> Iterator[Path]:
    """The run folders in and below `path`, sorted; what is inside a run (folds, checkpoints) is none of its own."""
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except PermissionError:
        return
    if _is_run({entry.name for entry in entries}):
        yield path
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and entry.name not in ASIDE and not entry.name.startswith("."):
            yield from run_folders(path / entry.name)


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return _is_run({entry.name for entry in os.scandir(folder)})


def _is_run(names: set[str]) -> bool:
    return bool(names.intersection(_MARKS)) or {"lock", "checkpoints"} <= names


def locate(word: str, below: Path) -> Path:
    """The folder that a person means: a path, a name below the folder of all runs, a sweep, a unique start of an id.

    Raises ConfigError where nothing, or more than one run, is meant.
    """
    typed = Path(word).expanduser()
    for place in (typed, below / word, below / SWEEPS / word):
        if word and place.is_dir():
            return place
    ids = {}
    if below.is_dir() and "/" not in word and word:
        ids = {folder: folder.name for folder in run_folders(below)}
    found = [folder for folder, name in ids.items() if name.startswith(word)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{folder.parent.name}/{folder.name}" for folder in found[:4])
        more = ", ..." if len(found) > 4 else ""
        raise ConfigError([Problem(word, f"{len(found)} runs begin like that: {names}{more}")])
    sweeps = sorted(plan.parent.name for plan in (below / SWEEPS).glob("*/plan.json"))
    hint = did_you_mean(word, [*ids.values(), *sorted({folder.parent.name for folder in ids}), *sweeps])
    raise ConfigError([Problem(word, f"neither a folder nor the beginning of a run's id in {below}{hint}")])
