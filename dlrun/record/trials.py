"""``trials.json`` in a search's folder, by which reports know its trials without Optuna."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dlrun.record import digest
from dlrun.record.stored import read_file

FILE = "trials.json"


def read_trials(folder: Path) -> list[dict[str, Any]]:
    """What trials.json holds; [] for a sweep that is no search.  Raises Damaged for a file that holds no trials."""
    try:
        return read_file(folder / FILE, _trials, "the search's command writes it again")
    except FileNotFoundError:
        return []


@dataclass(frozen=True)
class Importance:
    """What a search's axes mattered, the most first: shares that add up to 1, of so many complete trials.

    `intervals` has of each share the middle 95 % over `resamples` of the trials; none while a search goes on.
    """

    shares: dict[str, float]
    trials: int
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    resamples: int = 0


def read_importance(folder: Path) -> Importance | None:
    """What trials.json holds of it; None where there is none.  Raises Damaged as `read_trials` does."""
    try:
        return read_file(folder / FILE, _importance, "the search's command writes it again")
    except FileNotFoundError:
        return None


def _importance(data: bytes) -> Importance | None:
    found = json.loads(data.decode("utf-8"))
    stored = digest.unsealed(found).get("importance") if isinstance(found, dict) else None
    if not stored:
        return None
    intervals = {str(name): (float(low), float(high)) for name, (low, high) in stored.get("intervals", {}).items()}
    return Importance({str(name): float(share) for name, share in stored["shares"].items()}, int(stored["trials"]),
                      intervals, int(stored.get("resamples", 0)))


def _trials(data: bytes) -> list[dict[str, Any]]:
    found = json.loads(data.decode("utf-8"))
    if isinstance(found, dict):
        found = digest.unsealed(found)["trials"]
    if not isinstance(found, list):  # of an older dlrun, without a checksum
        raise ValueError("expected a list of trials")
    for trial in found:
        str(trial["state"]), list(trial["jobs"])
    return found


def pruned(folder: Path) -> set[str]:
    """The ids of the jobs that a search has given up."""
    return {run_id for trial in read_trials(folder) if trial["state"] == "pruned" for run_id in trial["jobs"]}
