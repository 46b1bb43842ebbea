"""What a run sees: training, validation and test rows, and how stored values become numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.streams import key
from dlrun.data import scale as scales
from dlrun.data.read import read
from dlrun.data.scale import Scale
from dlrun.data.signature import Signature
from dlrun.data.source import Source
from dlrun.data.split import rows_for, split_rows

__all__ = ["Part", "Prepared", "prepare", "rows_for", "split_rows"]


@dataclass(frozen=True)
class Part:
    """Rows as they are stored; `y` is None where a source has no targets.  May be read-only maps of a file."""

    x: np.ndarray
    y: np.ndarray | None

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Prepared:
    """The parts of a data set, their scale, and where they come from.

    `hash` is a SHA-256 over everything that the run sees: the stored arrays (kind, shape, bytes) and which of their
    rows are in which part.  Scale and what stands in for missing numbers follow from these.
    """

    signature: Signature
    train: Part
    val: Part | None
    test: Part | None
    scale: Scale
    hash: str
    label: str
    files: dict[str, str]
    notes: list[str]


def prepare(
    cfg: Any, data_dir: str, *, validation: Any, train_size: int | None, seed: int, say: Callable[[str], None]
) -> Prepared:
    """Read a data set and cut it into parts.

    In this order: the test part, where the source has none of its own, by the data set's `split_seed`; the first
    `train_size` rows of the rest (None: all); the validation part (a Holdout; None: no validation), where the
    source has none of its own, by `seed` if it is random.  Scaling is fitted on the training rows that remain.
    Raises Problems.
    """
    source = read(cfg, data_dir, say)
    notes = list(source.notes)
    own = {"train": len(source.x), "val": _len(source.x_val), "test": _len(source.x_test)}
    counts = split_rows(own, cfg, validation, train_size)

    train, test = _test_rows(cfg, source, own, counts)
    train = train[: train_size or len(train)]
    val = np.arange(own["val"])
    if validation is not None and not own["val"]:
        train, val = _validation_rows(train, source.y, counts["val"], validation, key(seed, "validation"))

    fill = _stand_in(source, train)
    if fill is not None and (empty := int(np.isnan(fill).sum())):
        notes.append(f"{empty} columns have no value in the training rows; 0 stands in for them")
        say(notes[-1])
    x = _fill(source.x, fill)
    parts = {"train": _part(x, source.y, train)}
    if counts["val"]:
        own_val = source.x_val is not None
        parts["val"] = _part(_fill(source.x_val, fill), source.y_val, val) if own_val else _part(x, source.y, val)
    if counts["test"]:
        own_test = source.x_test is not None
        parts["test"] = _part(_fill(source.x_test, fill), source.y_test, test) if own_test else _part(x, source.y, test)

    sha = hashlib.sha256(source.content.encode())
    for rows in (train, val if counts["val"] else None, test if counts["test"] else None):
        sha.update(b"none;" if rows is None else np.ascontiguousarray(rows, "<i8").data)
    return Prepared(
        source.signature, parts["train"], parts.get("val"), parts.get("test"), _scale(cfg, source, parts["train"].x),
        sha.hexdigest(), source.label, source.files, notes,
    )


def _len(array: np.ndarray | None) -> int:
    return 0 if array is None else len(array)


def _shuffled(rows: int, seed: int) -> np.ndarray:
    # RandomState's streams are frozen by NumPy, those of default_rng are not: a split must outlive a version.
    return np.random.RandomState(np.random.MT19937(seed)).permutation(rows)


def _test_rows(cfg: Any, source: Source, own: dict[str, int], counts: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(own["train"])
    has_own = own["test"] > 0
    if hasattr(cfg, "split_seed") and (not has_own or source.grouped):
        # Also without a test part: rows in the order of their classes would make "the last rows" one class.
        rows = _shuffled(own["train"], key(cfg.split_seed, "test"))
    if has_own or not counts["test"]:
        return rows, np.arange(own["test"])
    taken = _take(rows, source.y, counts["test"], cfg.stratify)
    return rows[~taken], rows[taken]


def _validation_rows(
    train: np.ndarray, y: np.ndarray | None, count: int, validation: Any, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    if validation.take == "end":
        return train[: len(train) - count], train[len(train) - count :]
    order = _shuffled(len(train), seed)
    taken = np.zeros(len(train), bool)
    taken[order[_take(train[order], y, count, validation.stratify)]] = True
    return train[~taken], train[taken]


def _take(rows: np.ndarray, y: np.ndarray | None, count: int, stratify: bool) -> np.ndarray:
    """A mask over `rows` (already shuffled) of `count` to take: the first ones, or the first of each class.

    Classes share by the largest remainder, so that the counts add up exactly.
    """
    taken = np.zeros(len(rows), bool)
    if not stratify or y is None or y.dtype.kind != "i":
        taken[:count] = True
        return taken
    classes = y[rows]
    share = np.bincount(classes) * (count / len(rows))
    quota = np.floor(share).astype(np.int64)
    quota[np.argsort(quota - share, kind="stable")[: count - quota.sum()]] += 1
    for label, wanted in enumerate(quota):
        taken[np.flatnonzero(classes == label)[:wanted]] = True
    return taken


def _part(x: np.ndarray, y: np.ndarray | None, rows: np.ndarray) -> Part:
    """The rows of a part; rows that stand together are a view, without a copy."""
    first = int(rows[0])
    together = np.array_equal(rows, np.arange(first, first + len(rows)))
    where: Any = slice(first, first + len(rows)) if together else rows
    return Part(x[where], None if y is None else y[where])


def _stand_in(source: Source, train: np.ndarray) -> np.ndarray | None:
    """The mean of each column of a table over the training rows (NaN: no value there); None if no cell is missing."""
    parts = [part for part in (source.x, source.x_val, source.x_test) if part is not None]
    if source.x.dtype.kind != "f" or not any(np.isnan(part).any() for part in parts):
        return None
    x = source.x[train]
    there = ~np.isnan(x)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a column has no value
        return (np.nansum(x, axis=0, dtype=np.float64) / there.sum(0)).astype(np.float32)


def _fill(x: Any, fill: np.ndarray | None) -> Any:
    return x if fill is None else np.where(np.isnan(x), np.nan_to_num(fill), x)


def _scale(cfg: Any, source: Source, train: np.ndarray) -> Scale:
    table = source.signature.input_kind == "table"
    how = cfg.scale
    if how == "auto":
        how = "standard" if table else "unit"
    if table and how == "symmetric":
        raise problem("dataset.scale=symmetric", "this is for images; standard, unit or none is wanted for a table")
    return scales.for_tables(how, train, source.columns) if table else scales.for_images(how, train, source.levels)
