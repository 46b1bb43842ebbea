"""What a run sees: training, validation and test rows, and how stored values become numbers."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.data import rows as which
from dlrun.data import scale as scales
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.read import read
from dlrun.data.scale import Scale
from dlrun.data.source import INPUTS, RawDataset
from dlrun.data.split import rows_for, split_rows

FITTED = 4096  # rows on which a scale is fitted where they are not held

__all__ = ["PreparedData", "Scale", "Split", "prepare", "rows_for", "split_rows"]


def prepare(cfg: DatasetKind, data_dir: str, *, validation: Validation, train_size: int | None, seed: int,
            say: Callable[[str], None], digests: bool = False) -> PreparedData:
    """Read a data set and cut it into splits; with `digests` each row has one, see `inspection`.

    In this order: the test split, where the source has none of its own, by the data set's `split_seed`; the first
    `train_size` rows of the rest (None: all); the validation split (a Holdout, or the one fold that a KFold names;
    None: no validation), where the source has none of its own, by `seed` if it is random.  What is fitted (scale,
    vocabulary, length that rows are padded to) is fitted on the training rows that remain, or as a KFold says.

    Of a KFold that names no fold, all rows but the test rows are the training split, and `hash` is one over the rows of
    every fold.  Raises ConfigError.
    """
    source = read(cfg, data_dir, say)
    if cfg.windows() is not None:
        from dlrun.data.timeline import prepare_windows

        return prepare_windows(cfg, source, validation, train_size)
    own = {"train": len(source.x), "val": _len(source.x_val), "test": _len(source.x_test)}
    counts = split_rows(own, cfg, validation, train_size)
    indices, has_own = which.split_indices(cfg, source, validation, train_size, seed, counts)
    sha = hashlib.sha256(source.content.encode())
    for name in ("train", "val", "test"):
        sha.update(np.ascontiguousarray(indices[name], "<i8").data if name in indices else b"none;")
    folds = validation if isinstance(validation, KFold) else None
    if folds is not None and folds.fold is None:
        for fold in range(folds.count):
            mask = which.fold_mask(indices["train"], source, folds, fold, seed)
            sha.update(f"fold {fold};".encode())
            sha.update(np.ascontiguousarray(indices["train"][mask], "<i8").data)
    splits = {name: _split(source, name if name in has_own else "train", rows) for name, rows in indices.items()}
    if digests:
        from dlrun.data.inspection import row_digests

        for name, of_rows in row_digests(source, indices, has_own).items():
            splits[name] = dataclasses.replace(splits[name], digests=of_rows)
    prepared = PreparedData(
        source.data_spec, splits["train"], splits.get("val"), splits.get("test"), scales.NONE, sha.hexdigest(),
        source.label, source.files, list(source.notes),
    )
    if source.groups is not None and (folds is None or folds.fold is None):  # of folds it is said once, of all rows
        prepared.notes.append(_told(prepared, source.reading.get("group", cfg.group),
                                    "one part" if folds is None else "one fold, or for the test"))
        say(prepared.notes[-1])
    basis = prepared.train
    if folds is not None and folds.fitted == "all" and "val" in indices:
        basis = _split(source, "train", np.sort(np.concatenate([indices["train"], indices["val"]])))
    if source.data is not None:
        from dlrun.data.sequences import encoded

        return encoded(cfg, source, prepared, basis, say)
    untrained: dict[str, Any] = {}
    if any(column.kind == "text" for column in source.columns):
        from dlrun.data.unseen_words import without_unseen

        prepared, untrained = without_unseen(source, prepared, basis.x, say)
    prepared = _target(cfg, _filled(cfg, source, prepared, basis, say), basis)
    return dataclasses.replace(prepared, settings=prepared.settings | untrained)


def _told(prepared: PreparedData, column: str, parts: str) -> str:
    """How many groups are in each part."""
    counts = [f"{len(np.unique(split.groups)):,} {name}" for name, split in prepared.splits.items()
              if split.groups is not None]
    return f'all rows of one "{column}" are in {parts}: {" / ".join(counts)}'


def _len(array: np.ndarray | None) -> int:
    return 0 if array is None else len(array)


def _split(source: RawDataset, place: str, rows: np.ndarray) -> Split:
    """The rows of a split; rows that stand together are a view, without a copy."""
    x, y = {"train": (source.x, source.y), "val": (source.x_val, source.y_val),
            "test": (source.x_test, source.y_test)}[place]
    assert x is not None
    stream = source.streams.get(place)
    if stream is not None and not stream.held:
        return Split(x[:len(rows)], None if y is None else y[rows], stream=stream.select(rows))
    first = int(rows[0])
    together = np.array_equal(rows, np.arange(first, first + len(rows)))
    where: Any = slice(first, first + len(rows)) if together else rows
    groups = {"train": source.groups, "test": source.groups_test}.get(place)
    return Split(x[where], None if y is None else y[where], stream=stream and stream.select(rows),
                 groups=None if groups is None else groups[where])


def _filled(cfg: DatasetKind, source: RawDataset, prepared: PreparedData, basis: Split,
            say: Callable[[str], None]) -> PreparedData:
    """Missing numbers replaced, and the scale; both by the rows of `basis`, or where they are not held by some."""
    notes = list(prepared.notes)
    if not basis.held and (source.data_spec.input_kind == "table" or cfg.scale == "standard"):
        assert basis.stream is not None
        from dlrun.data.row_stream import some

        places = some(len(basis), FITTED, basis.x[:1].nbytes)
        basis = dataclasses.replace(basis, x=basis.stream.at(places)[0])
        notes.append(f"{len(prepared.train):,} training rows are not held in memory; what is fitted on them is fitted "
                     f"on {len(basis.x):,} evenly spaced")
        say(notes[-1])
    fill = _stand_in(source, basis.x)
    if fill is not None:
        if empty := int(np.isnan(fill).sum()):
            notes.append(f"{empty} columns have no value in the training rows; 0 stands in for them")
            say(notes[-1])
        fill = np.nan_to_num(fill)
        basis = dataclasses.replace(basis, x=np.where(np.isnan(basis.x), fill, basis.x))
        prepared = prepared.with_splits({name: _with_fill(split, fill) for name, split in prepared.splits.items()})
    settings: dict[str, Any] = {"columns": [dataclasses.asdict(column) for column in source.columns]}
    if source.reading:
        settings["reading"] = source.reading
    if source.data_spec.input_kind == "image":
        channels, *size = source.data_spec.input_shape
        settings = {"size": size, "channels": channels, "levels": source.levels, "crop": cfg.crop,
                    **({"reading": source.reading} if source.reading else {})}
    return dataclasses.replace(prepared, scale=_scale(cfg, source, basis.x), notes=notes, stand_in=fill,
                               settings=settings)


def _with_fill(split: Split, fill: np.ndarray) -> Split:
    stream = split.stream and dataclasses.replace(split.stream, fill=fill)
    x = np.where(np.isnan(split.x), fill, split.x) if split.held else split.x
    return dataclasses.replace(split, x=x, stream=stream)


def _stand_in(source: RawDataset, train: np.ndarray) -> np.ndarray | None:
    """The mean of each column of a table over the training rows (NaN: no value there); None if no cell is missing.

    In a table whose rows are read later, a cell may be missing at any time.
    """
    held = [INPUTS[name] for name in INPUTS if name not in source.streams or source.streams[name].held]
    splits = [split for name in held if (split := getattr(source, name)) is not None]
    later = bool(source.streams) and source.data_spec.input_kind == "table"
    if source.x.dtype.kind != "f" or not (later or any(np.isnan(split).any() for split in splits)):
        return None
    there = ~np.isnan(train)
    with np.errstate(invalid="ignore"):  # 0 / 0 where a column has no value
        means: np.ndarray = np.nansum(train, axis=0, dtype=np.float64) / there.sum(0)
    return means.astype(np.float32)


def _scale(cfg: DatasetKind, source: RawDataset, train: np.ndarray) -> Scale:
    table = source.data_spec.input_kind == "table"
    how = cfg.scale
    if how == "auto":  # of a user's file of cells `preflight.undecided` has decided it by its tails
        how = "standard" if table else "unit"
    if table and how == "symmetric":
        raise problem("dataset.scale=symmetric", "expected standard, unit or none for a table; symmetric is for images")
    return scales.for_tables(how, train, source.columns) if table else scales.for_images(how, train, source.levels)


def _target(cfg: DatasetKind, prepared: PreparedData, basis: Split) -> PreparedData:
    """Targets that are numbers, scaled where that is asked for; class numbers among several stay as they are."""
    data_spec, y = prepared.data_spec, basis.y
    if data_spec.target_kind not in ("number", "several"):
        return prepared
    assert y is not None
    if data_spec.target_kind == "number":
        targets = [scales.for_target(cfg.target_scale, y, data_spec.target_name, data_spec.unit)]
    else:
        targets = [scales.for_target("none" if head.classes else cfg.target_scale, y[:, place], head.name, head.unit)
                   for place, head in enumerate(data_spec.heads)]

    def scaled(y: np.ndarray) -> np.ndarray:
        return targets[0](y) if y.ndim == 1 else np.stack([of(y[:, n]) for n, of in enumerate(targets)], 1)

    splits = {name: dataclasses.replace(split, y=scaled(split.y), stream=split.stream and split.stream.scaled(scaled))
              for name, split in prepared.splits.items() if split.y is not None}
    return prepared.with_splits(splits, targets=tuple(targets))
