"""``trials.json`` in a search's folder, by which reports know its trials without Optuna."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlrun.record.stored import read_json

FILE = "trials.json"


def read_trials(folder: Path) -> list[dict[str, Any]]:
    """What trials.json holds; [] for a sweep that is no search."""
    try:
        found = read_json(folder / FILE)
    except FileNotFoundError:
        return []
    return found if isinstance(found, list) else []


def pruned(folder: Path) -> set[str]:
    """The ids of the jobs that a search has given up."""
    return {run_id for trial in read_trials(folder) if trial["state"] == "pruned" for run_id in trial["jobs"]}
