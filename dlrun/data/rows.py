"""Which rows of a source are in which split."""

from __future__ import annotations

import numpy as np

from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.config.seeds import derive_seed
from dlrun.data.source import RawDataset

Indices = dict[str, np.ndarray]


def split_indices(cfg: DatasetKind, source: RawDataset, validation: Validation, train_size: int | None, seed: int,
                  counts: dict[str, int]) -> tuple[Indices, set[str]]:
    """The rows of each split by its name, and the splits that index the source's own arrays for them.

    In this order: the test split, where the source has none of its own, by the data set's `split_seed`; the first
    `train_size` rows of the rest; the validation split, where the source has none of its own.  Of a KFold that names
    no fold all of these rows are the training split.
    """
    own = {name for name, array in (("val", source.x_val), ("test", source.x_test)) if array is not None}
    train, test = _test_rows(cfg, source, "test" in own, counts, seed)
    train = train[: train_size or len(train)]
    found = {"test": test} if counts["test"] else {}
    if isinstance(validation, KFold):
        if validation.fold is not None:
            taken = fold_mask(train, source, validation, validation.fold, seed)
            train, found["val"] = train[~taken], train[taken]
    elif counts["val"]:
        if "val" in own:
            assert source.x_val is not None
            found["val"] = np.arange(len(source.x_val))
        else:
            assert validation is not None  # else none were counted
            train, found["val"] = _validation_rows(train, source, counts["val"], validation,
                                                   derive_seed(seed, "validation"),
                                                   cfg.stratifies and cfg.stratify and not cfg.order)
    return {"train": train, **found}, own


def _shuffled(rows: int, seed: int) -> np.ndarray:
    # RandomState's streams are frozen by NumPy, those of default_rng are not: a split must outlive a version.
    return np.random.RandomState(np.random.MT19937(seed)).permutation(rows)


def _test_rows(cfg: DatasetKind, source: RawDataset, has_own: bool,
               counts: dict[str, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(len(source.x))
    if cfg.order and has_own:
        assert source.x_test is not None
        return rows, np.arange(len(source.x_test))
    if cfg.test_take == "end" or cfg.order:
        return rows[: len(rows) - counts["test"]], rows[len(rows) - counts["test"] :]
    if cfg.split_seed is not None and (not has_own or source.grouped):
        # Also without a test split: rows in the order of their classes would make "the last rows" one class.
        own_seed = cfg.split_seed if isinstance(cfg.split_seed, int) else seed
        rows = _shuffled(len(source.x), derive_seed(own_seed, "test"))
    if has_own:
        assert source.x_test is not None
        return rows, np.arange(len(source.x_test))
    if not counts["test"]:
        return rows, rows[:0]
    if source.groups is not None:
        from dlrun.data import group_split

        taken = group_split.taken(source.groups[rows], _classes(source.y, rows) if cfg.stratify else None,
                                  counts["test"], np.arange(len(rows)), f"dataset.group={cfg.group}")
    else:
        taken = _take(rows, source.y, counts["test"], cfg.stratify)
    return rows[~taken], rows[taken]


def _validation_rows(train: np.ndarray, source: RawDataset, count: int, validation: Holdout,
                     seed: int, stratified: bool) -> tuple[np.ndarray, np.ndarray]:
    if source.groups is not None:
        from dlrun.data import group_split

        order = _shuffled(len(train), seed) if validation.take == "random" else np.arange(len(train))
        mask = group_split.taken(source.groups[train], _classes(source.y, train) if validation.stratify else None,
                                 count, order[::-1] if validation.take == "end" else order, "validation")
        return train[~mask], train[mask]
    if stratified and validation.take != "random" and _are_classes(source.y):
        order = np.arange(len(train))[::-1 if validation.take == "end" else 1]
        mask = np.zeros(len(train), bool)
        mask[order[_take(train[order], source.y, count, True)]] = True
        return train[~mask], train[mask]
    if validation.take == "start":
        return train[count:], train[:count]
    if validation.take == "end":
        return train[: len(train) - count], train[len(train) - count :]
    order = _shuffled(len(train), seed)
    taken = np.zeros(len(train), bool)
    taken[order[_take(train[order], source.y, count, validation.stratify)]] = True
    return train[~taken], train[taken]


def fold_mask(train: np.ndarray, source: RawDataset, folds: KFold, fold: int, seed: int) -> np.ndarray:
    """A mask over `train` (numbers of rows, in order) of the rows that a fold is measured on.

    Each fold has len(train) // k rows: a block of them, or every k-th of the shuffled rows ordered by class.  Of rows
    in groups it has whole groups, about as many rows.
    """
    y = source.y
    if source.groups is not None:
        from dlrun.data import group_split

        iteration, number = divmod(fold, folds.k)
        order = np.arange(len(train))
        if folds.shuffle:
            order = _shuffled(len(train), derive_seed(seed, "folds", iteration))
        classes = _classes(y, train) if folds.stratify else None
        mask: np.ndarray = group_split.folds(source.groups[train], classes, folds.k, order) == number
        return mask
    size = len(train) // folds.k
    iteration, block = divmod(fold, folds.k)
    order, place = np.arange(len(train)), slice(block * size, (block + 1) * size)
    if folds.shuffle:
        order = _shuffled(len(train), derive_seed(seed, "folds", iteration))
        if folds.stratify and _are_classes(y):
            assert y is not None
            order, place = order[np.argsort(y[train[order]], kind="stable")], slice(block, folds.k * size, folds.k)
    taken = np.zeros(len(train), bool)
    taken[order[place]] = True
    return taken


def _are_classes(y: np.ndarray | None) -> bool:
    return y is not None and y.dtype.kind == "i" and y.ndim == 1


def _classes(y: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return y[rows] if y is not None and _are_classes(y) else None


def _take(rows: np.ndarray, y: np.ndarray | None, count: int, stratify: bool) -> np.ndarray:
    """A mask over `rows` (already shuffled) of `count` to take: the first ones, or the first of each class.

    Classes share by the largest remainder, so that the counts add up exactly.
    """
    taken = np.zeros(len(rows), bool)
    if not stratify or not _are_classes(y):
        taken[:count] = True
        return taken
    assert y is not None
    classes = y[rows]
    share = np.bincount(classes) * (count / len(rows))
    quota = np.floor(share).astype(np.int64)
    quota[np.argsort(quota - share, kind="stable")[: count - quota.sum()]] += 1
    for label, rows_of_label in enumerate(quota):
        taken[np.flatnonzero(classes == label)[:rows_of_label]] = True
    return taken
