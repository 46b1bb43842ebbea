"""Words of a table's text columns that no training row has: unknown, as they are in new rows.

The network has an input for each word of the file, so that its shape is the same for every seed and fold.  That of an
unseen word is 0 in every row: its weights are never trained, and what they were drawn as must not count.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dlrun.config.problem import ConfigError
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.data import rows as which
from dlrun.data.dataset_spec import Column
from dlrun.data.prepared import PreparedData
from dlrun.data.source import RawDataset
from dlrun.data.split import split_rows

_SPLITS = {"train": "training", "val": "validation", "test": "test"}


def without_unseen(source: RawDataset, prepared: PreparedData, train: np.ndarray, say: Callable[[str], None]
                   ) -> tuple[PreparedData, dict[str, Any]]:
    """The splits with unseen words as unknown, counted in a note, and the unseen words by column, where there are any.
    """
    untrained: dict[str, list[str]] = {}
    splits = prepared.splits
    notes = list(prepared.notes)
    for column, start in _text_columns(source.columns):
        unseen = _unseen(train, column, start)
        if not len(unseen):
            continue
        untrained[column.name] = [column.words[place] for place in unseen]
        for name, split in splits.items():
            hit = split.x[:, start + unseen].any(1)
            if hit.any():
                x = split.x.copy()
                x[:, start + unseen] = 0
                splits[name] = dataclasses.replace(split, x=x)
                notes.append(f'{int(hit.sum()):,} {_SPLITS[name]} rows have a text in "{column.name}" that no training '
                             f"row has ({column.words[unseen[0]]!r}): it counts as unknown")
                say(notes[-1])
    return prepared.with_splits(splits, notes=notes), {"untrained": untrained} if untrained else {}


def any_unseen(cfg: DatasetKind, source: RawDataset, validation: Validation, train_size: int | None, seed: int) -> bool:
    """Whether a run (or one of its folds) has rows with words that its training rows lack; False for wrong sizes."""
    columns = list(_text_columns(source.columns))
    if not columns:
        return False
    own = {"train": len(source.x), **{name: len(x) for name, x in (("val", source.x_val), ("test", source.x_test))
                                      if x is not None}}
    try:
        counts = split_rows(own, cfg, validation, train_size)
    except ConfigError:
        return False
    indices, _ = which.split_indices(cfg, source, validation, train_size, seed, counts)
    train = indices["train"]
    bases = [train]
    if isinstance(validation, KFold) and validation.fitted == "all":
        bases = [np.concatenate([train, indices.get("val", train[:0])])]
    elif isinstance(validation, KFold) and validation.fold is None:
        bases = [train[~which.fold_mask(train, source, validation, fold, seed)] for fold in range(validation.count)]
    return any(len(_unseen(source.x[basis], column, start)) for basis in bases for column, start in columns)


def _unseen(train: np.ndarray, column: Column, start: int) -> np.ndarray:
    return np.flatnonzero(~train[:, start : start + len(column.words)].any(0))


def _text_columns(columns: Iterable[Column]) -> Iterable[tuple[Column, int]]:
    """The text columns, each with the place of its first input."""
    start = 0
    for column in columns:
        if column.kind == "text":
            yield column, start
        start += len(column.scaled)
