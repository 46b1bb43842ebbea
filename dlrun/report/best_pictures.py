"""The pictures of a table's best run, as a page holds them: confusion, samples, predictions."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from dlrun.record.folder import RunFolder
from dlrun.record.own_file import open_own
from dlrun.report.run import Run
from dlrun.report.table import Table

MOST, BYTES = 6, 300_000  # pictures of a page, and what one of them may weigh
_LAST = ("batch",)  # what says least of a run: its first rows


@dataclass(frozen=True)
class BestPictures:
    """The best run, its value as it is shown, and its pictures: a title and the data of each."""

    run: Run
    value: str
    pictures: list[tuple[str, str]]


def best_pictures(table: Table) -> BestPictures | None:
    """Those of the best run of the best row; None where nothing is better or worse, or the run has no pictures."""
    first = {"max": max, "min": min}.get(table.metric.direction or "")
    rows = [(row.summary.mean, row) for row in table.candidates if row.summary and row.runs]
    if first is None or not rows:  # a baseline has a value and no runs
        return None
    top = first(mean for mean, _ in rows)
    row = next(row for mean, row in rows if mean == top)
    best = first(row.values, key=lambda seed: row.values[seed])
    run = next(run for run in row.runs if run.counted and run.seed == best)
    place = RunFolder(run.folder).pictures
    files = [] if place.is_symlink() else sorted(place.glob("*.png"), key=lambda file: (file.stem in _LAST, file.name))
    found = ((file.stem.replace("_", " ").replace("-", " "), _picture(file)) for file in files)
    pictures = list(islice(((title, data) for title, data in found if data), MOST))
    return BestPictures(run, table.scale.number(row.values[best]), pictures) if pictures else None


def _picture(file: Path) -> str:
    """The file's bytes in base64; "" for one that is too large, and for a link, which would show a file from elsewhere.
    """
    try:
        with open_own(file, "rb") as stream:
            data = stream.read(BYTES + 1)
    except OSError:  # a link or a pipe, or it was removed in this moment
        return ""
    return base64.b64encode(data).decode() if len(data) <= BYTES else ""
