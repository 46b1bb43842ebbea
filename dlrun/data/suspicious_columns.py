"""Columns of a table that teach nothing, or too much: constant ones, numbers of rows, copies of the target."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dlrun.data.prepared import PreparedData

FEWEST = 50  # rows, where columns are looked at for what they say of each row
LOOK = 1000  # evenly spaced rows that a column is judged by first: most are out of question by these
DENSE = 1.5  # times as many numbers as rows, from the least to the greatest: still a count of rows
NAMED = re.compile(r"(^|[\W_])(id|uid|uuid|idx|index|nr|no|key|row)$|^unnamed", re.IGNORECASE)
ALIKE = 1 - 1e-9  # squared correlation of what is the same number in another unit, in float32


def suspicious_columns(prepared: PreparedData) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Kind, sentence and overrides of each remark; `prepared` is a table whose training rows are held."""
    columns = list(_columns(prepared))
    same = (prepared.train.x == prepared.train.x[0]).all(0)
    constant = [column["name"] for column, inputs in columns if same[inputs].all()]
    if constant:
        have = "has" if len(constant) == 1 else "have"
        yield ("constant_columns", f"{_listed(constant)} {have} one value in all training rows",
               (f"dataset.drop={constant}",) if len(constant) <= 5 else ())
    x = np.concatenate([split.x for split in prepared.splits.values() if split.held])
    if len(x) < FEWEST:
        return
    ys = [split.y for split in prepared.splits.values() if split.held and split.y is not None]
    y = np.concatenate(ys) if ys and prepared.data_spec.target_kind in ("classes", "number") else None
    for column, inputs in columns:
        kind, words, own = column["kind"], len(column["words"]), x[:, inputs]
        drop = (f"dataset.drop=[{column['name']!r}]",)
        if kind == "text" and words >= 0.95 * len(x):
            yield "id_column", f'"{column["name"]}" has another text in almost every row, as an id has', drop
        elif kind == "number" and not words and _counts_rows(own[:, 0], column["name"]):
            leads = "" if y is None else _leads(own[:, 0], y, prepared.data_spec.target_kind == "classes")
            yield "id_column", f'"{column["name"]}" looks like the number of a row: no two are equal{leads}', drop
        elif kind != "date" and y is not None and _is_target(own, y, prepared.data_spec.target_kind == "classes",
                                                             kind == "text"):
            yield "tells_target", f'"{column["name"]}" alone tells the target of every row', drop


def _columns(prepared: PreparedData) -> Iterator[tuple[dict[str, Any], slice]]:
    """The columns as they stood in the source, each with the places of its inputs."""
    start = 0
    for column in prepared.settings["columns"]:
        words = len(column["words"])
        inputs = words if column["kind"] == "text" else max(1, words) + column["indicator"]
        yield column, slice(start, start + inputs)
        start += inputs


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more columns" if len(names) > 5 else ""
    return ("the column " if len(names) == 1 else "the columns ") + ", ".join(f'"{name}"' for name in names[:5]) + more


def _counts_rows(values: np.ndarray, name: str) -> bool:
    """Whether a column has whole numbers, no two of them equal, that are dense or called an id."""
    few = values[::max(1, len(values) // LOOK)]
    if not (np.floor(few) == few).all() or len(np.unique(few)) < len(few):
        return False
    if not (np.floor(values) == values).all() or len(np.unique(values)) < len(values):
        return False
    return bool(np.ptp(values) < DENSE * len(values)) or NAMED.search(name) is not None


def _leads(values: np.ndarray, y: np.ndarray, classes: bool) -> str:
    """What rows that follow one another by number have in common; empty where that is no more than chance."""
    after = y[np.argsort(values)]
    count = len(after) - 1
    if classes:
        shares = np.bincount(after) / len(after)
        chance, same = float((shares ** 2).sum()), float((after[1:] == after[:-1]).mean())
        if chance == 1 or same - chance < 4 * np.sqrt(chance * (1 - chance) / count):
            return ""
        return (f", and neighbours are of one class in {100 * same:.0f} % ({100 * chance:.0f} % by chance): it gives "
                "the target away")
    spread = float(after.std())
    if not spread or not abs(np.corrcoef(after[1:], after[:-1])[0, 1]) > 4 / np.sqrt(count):
        return ""
    return ", and neighbours have similar targets: it gives the target away"


def _is_target(inputs: np.ndarray, y: np.ndarray, classes: bool, text: bool) -> bool:
    """Whether each value of a column comes with one target alone, and few values do."""
    step = max(1, len(y) // LOOK)
    return all(_tells(inputs[::every], y[::every], classes, text) for every in dict.fromkeys((step, 1)))


def _tells(inputs: np.ndarray, y: np.ndarray, classes: bool, text: bool) -> bool:
    if not classes:
        if text or not inputs[:, 0].std() or not y.std():
            return False
        return bool(np.corrcoef(inputs[:, 0], y)[0, 1] ** 2 > ALIKE)
    if text:
        numbers = np.where(inputs.any(1), inputs.argmax(1), -1)
    else:
        numbers = np.unique(inputs[:, 0], return_inverse=True)[1]
    values = len(np.unique(numbers))
    if values < 2 or 10 * values > len(y) or len(np.unique(y)) < 2:
        return False
    return len(np.unique(numbers.astype(np.int64) * (int(y.max()) + 1) + y)) == values
