"""The pictures of a table's best run, as a page holds them: confusion, samples, predictions."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from dlrun.record.folder import RunFolder
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
    rows = [(row.summary.mean, place) for place, row in enumerate(table.rows) if row.summary and row.runs]
    if first is None or not rows:  # a baseline has a value and no runs
        return None
    top = first(rows)[0]
    row = next(table.rows[place] for mean, place in rows if mean == top)
    best = first(row.values, key=lambda seed: row.values[seed])
    run = next(run for run in row.runs if run.counted and run.seed == best)
    try:
        files = sorted(RunFolder(run.folder).pictures.glob("*.png"), key=lambda file: (file.stem in _LAST, file.name))
        chosen = [file for file in files if file.stat().st_size <= BYTES][:MOST]
        pictures = [(file.stem.replace("_", " ").replace("-", " "), base64.b64encode(file.read_bytes()).decode())
                    for file in chosen]
    except OSError:  # removed in this moment
        return None
    return BestPictures(run, table.scale.number(row.values[best]), pictures) if pictures else None
