"""Learning curves of a row: the mean over its seeds and the range between them, thinned to what a picture can show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from dlrun.record.folder import RunFolder
from dlrun.record.metrics import read
from dlrun.report.run import Run


class Point(NamedTuple):
    """One epoch of a curve: mean, lowest and highest of the `runs` that have come to it."""

    epoch: int
    mean: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True)
class Curve:
    """One measure of one row."""

    points: tuple[Point, ...]

    @property
    def runs(self) -> int:
        """The number of seeds at its beginning."""
        return self.points[0].runs

    def plain(self) -> dict[str, list[float]]:
        """As JSON types, a list for each field of its points, to five digits; `curve_of` is the way back."""
        columns = {name: [getattr(point, name) for point in self.points] for name in Point._fields}
        return {name: [float(f"{value:.5g}") if isinstance(value, float) else value for value in values]
                for name, values in columns.items()}


def curve_of(plain: Mapping[str, Sequence[float]]) -> Curve:
    """The curve that `Curve.plain` has written."""
    return Curve(tuple(Point(int(epoch), mean, low, high, int(runs)) for epoch, mean, low, high, runs
                       in zip(*(plain[name] for name in Point._fields))))


def curves(runs: Sequence[Run], keys: Sequence[str], most: int) -> dict[str, Curve]:
    """The curves of a row's runs by key, of at most `most` points each; a key that no run has measured is left out."""
    histories = [history(run.folder) for run in runs]
    found = {}
    for key in keys:
        by_epoch: dict[int, list[float]] = {}
        for rows in histories:
            for line in rows:
                value = line.get(key)
                if isinstance(value, (int, float)) and math.isfinite(value):
                    by_epoch.setdefault(int(line["epoch"]), []).append(float(value))
        epochs = thinned(sorted(by_epoch), most)
        points = tuple(Point(epoch, math.fsum(by_epoch[epoch]) / len(by_epoch[epoch]), min(by_epoch[epoch]),
                             max(by_epoch[epoch]), len(by_epoch[epoch])) for epoch in epochs)
        if points:
            found[key] = Curve(points)
    return found


def history(folder: Any) -> list[dict[str, Any]]:
    """The epochs of a run; none where metrics.jsonl is missing or broken."""
    try:
        return read(RunFolder(folder).metrics)
    except (OSError, ValueError):
        return []


def thinned(epochs: Sequence[int], most: int) -> list[int]:
    """At most so many, the first and the last among them: half evenly spaced, half ever wider, as nets learn."""
    last = len(epochs) - 1
    if last < most:
        return list(epochs)
    even, wider = most - most // 2, most // 2
    places = {round(i * last / (even - 1)) for i in range(even)}
    places |= {round((last + 1) ** (i / (wider - 1))) - 1 for i in range(wider)}
    return [epochs[place] for place in sorted(places)]


def keys_to_draw(metrics: Iterable[str], rows: Iterable[Sequence[Run]]) -> list[str]:
    """The measures and the loss, in validation and in training; for a GAN the losses of its players.

    `rows` has the runs of each row.
    """
    known: dict[str, None] = {}
    for runs in rows:
        for run in runs[:1]:
            for line in history(run.folder)[:1]:
                known.update(dict.fromkeys(key for key in line if "/" in key and key != "train/lr"))
    names = dict.fromkeys([*(metric.rpartition("/")[2] for metric in metrics), "loss"])
    found = [key for name in names for key in (f"val/{name}", f"train/{name}") if key in known]
    return found or list(known)[:4]
