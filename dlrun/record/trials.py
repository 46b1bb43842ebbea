"""``trials.json`` in a search's folder, by which reports know its trials without Optuna."""

from __future__ import annotations

import json
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
