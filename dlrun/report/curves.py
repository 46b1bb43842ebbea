"""Learning curves of a row: the mean over its seeds and the range between them, thinned to what a picture can show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.report.table import Row

Point = tuple[int, float, float, float]  # epoch, mean, lowest and highest over the seeds


@dataclass(frozen=True)
class Curve:
    """One measure of one row; `runs` is the number of seeds at its beginning."""

    points: tuple[Point, ...]
    runs: int


def curves(row: Row, keys: Sequence[str], most: int) -> dict[str, Curve]:
    """The curves of a row by key, of at most `most` points each; a key that no run has measured is left out."""
    histories = [history(run.folder) for run in row.runs]
    found = {}
    for key in keys:
        by_epoch: dict[int, list[float]] = {}
        for rows in histories:
            for line in rows:
                value = line.get(key)
                if isinstance(value, (int, float)) and math.isfinite(value):
                    by_epoch.setdefault(int(line["epoch"]), []).append(float(value))
        epochs = thinned(sorted(by_epoch), most)
        points = tuple((epoch, math.fsum(by_epoch[epoch]) / len(by_epoch[epoch]), min(by_epoch[epoch]),
                        max(by_epoch[epoch])) for epoch in epochs)
        if points:
            found[key] = Curve(points, len(by_epoch[epochs[0]]))
    return found


def history(folder: Any) -> list[dict[str, Any]]:
    """The epochs of a run; none where metrics.jsonl is missing or broken."""
    try:
        return read(RunFolder(folder).metrics)
    except (OSError, ValueError):
        return []


def thinned(epochs: Sequence[int], most: int) -> list[int]:
    """At most so many, evenly spaced, the first and the last among them."""
    if len(epochs) <= most:
        return list(epochs)
    return [epochs[round(i * (len(epochs) - 1) / (most - 1))] for i in range(most)]


def keys_to_draw(metric: str, rows: Iterable[Row]) -> list[str]:
    """The table's measure and the loss, in validation and in training; for a GAN the losses of its players."""
    known: dict[str, None] = {}
    for row in rows:
        for run in row.runs[:1]:
            for line in history(run.folder)[:1]:
                known.update(dict.fromkeys(key for key in line if "/" in key and key != "train/lr"))
    name = metric.rpartition("/")[2]
    keys = [f"val/{name}", f"train/{name}", "val/loss", "train/loss"]
    found = [key for key in dict.fromkeys(keys) if key in known]
    return found or list(known)[:4]
