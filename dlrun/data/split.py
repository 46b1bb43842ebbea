"""How many rows each split gets; no arrays, so that a wrong size is reported before anything is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.validation import Validation
from dlrun.data.form import Windows


def rows_for(size: float, rows: int) -> int:
    """The rows that `size` takes from `rows`: a fraction below 1 (rounded up, as in Keras), a count from 1.

    Raises ValueError, naming the numbers, where nothing would be taken or nothing would be left.
    """
    if size < 0 or (size >= 1 and size != int(size)):
        raise ValueError(f"{_number(size)} is neither a fraction below 1 nor a count of rows")
    # Through the decimal text: 0.1 of 50 rows is 5, not the 6 of the float's tail.
    taken = ceil(rows * Fraction(repr(float(size)))) if size < 1 else int(size)
    if taken == 0:
        raise ValueError(f"{_number(size)} of {rows:,} rows is none")
    if taken >= rows:
        raise ValueError(f"{_number(size)} of {rows:,} rows leaves none to train on")
    return taken


def split_rows(rows: dict[str, int], cfg: DatasetKind, validation: Validation, train_size: int | None,
               without_target: Sequence[int] = ()) -> dict[str, int]:
    """The rows of "train", "val" and "test" (0 for an absent split) for the `rows` that `dataset_info` found.

    Of a series or a running text these are windows; see `pieces`.  Those whose target is among the steps
    `without_target` do not count.
    `cfg` is the data set's configuration, `validation` a Holdout, a KFold (the rows are those of one
    fold) or None, `train_size` a count or None.
    The order is that of `prepare`: test split, first `train_size` rows, validation.  Raises ConfigError.
    """
    windows = cfg.windows()
    if windows is not None:
        steps, cfg = with_apart(cfg, rows["train"], rows.get("test", 0))
        cut = pieces(steps, cfg, validation, train_size)
        return {split: _windows(split, cut[split], windows, cfg, without_target) if split in cut else 0
                for split in ("train", "val", "test")}
    train, test = rows["train"], rows.get("test", 0)
    if not test and cfg.test:
        test = _taken("dataset.test", cfg.test, train)
        train -= test
    if train_size is not None:
        if not 1 <= train_size <= train:
            raise problem(f"train_size={train_size}", f"expected 1 to {train:,}; there are {train:,} training rows")
        train = train_size
    val = 0
    if isinstance(validation, KFold):
        val = _of_a_fold(validation, train, rows.get("val", 0))
        train -= val
    elif validation is not None:
        val = rows.get("val", 0)
        if not val and validation.size:
            val = _taken("validation", validation.size, train)
            train -= val
    return {"train": train, "val": val, "test": test}


def test_rows(rows: int, size: int | None) -> int:
    """How many of `rows` test rows are measured (None: all).  Raises ConfigError where there are fewer than `size`."""
    if size is None:
        return rows
    if size > rows:
        there = f"expected 1 to {rows:,}; there are {rows:,} test rows"
        raise problem(f"test_size={size}", there if rows else "there are no test rows to measure")
    return size


def _of_a_fold(folds: KFold, train: int, own: int) -> int:
    if own:
        raise problem("validation.kind=kfold", f"the data set comes with {own:,} validation rows of its own, which "
                                               "validation=0.2 measures on; folds are cut from a set without")
    if folds.k > train:
        raise problem(f"validation.k={folds.k}", f"expected 2 to {train:,}; there are {train:,} training rows")
    return train // folds.k


def with_apart(cfg: DatasetKind, steps: int, apart: int) -> tuple[int, DatasetKind]:
    """All steps of a series or running text, and the data set whose test split are those that lie apart, if any."""
    own: Any = cfg
    return steps + apart, dataclasses.replace(own, test=float(apart)) if apart else own


def pieces(steps: int, cfg: DatasetKind, validation: Validation, train_size: int | None) -> dict[str, tuple[int, int]]:
    """The steps (from, to) of the splits of a series or running text, which do not overlap.

    The test split is the end; the first `train_size` steps of the rest are kept; the validation split is the end of
    these, or their start.  No window crosses a border.  Raises ConfigError.
    """
    if isinstance(validation, KFold):
        raise problem("validation.kind=kfold", "what lies in time is not cut into folds: models would be trained on "
                                               "what comes after their validation rows; validation=0.2 takes the end")
    if validation is not None and validation.take == "random" and validation.size:
        raise problem("validation.take=random", "expected end or start: what lies in time is cut into pieces")
    found = {}
    stop = steps
    if cfg.test:
        stop -= _taken("dataset.test", cfg.test, steps)
        found["test"] = (stop, steps)
    if train_size is not None:
        if not 1 <= train_size <= stop:
            raise problem(f"train_size={train_size}", f"expected 1 to {stop:,}; there are {stop:,} steps to train on")
        stop = train_size
    start = 0
    if validation is not None and validation.size:
        taken = _taken("validation", validation.size, stop)
        found["val"] = (0, taken) if validation.take == "start" else (stop - taken, stop)
        start, stop = (taken, stop) if validation.take == "start" else (0, stop - taken)
    found["train"] = (start, stop)
    return found


def _windows(split: str, piece: tuple[int, int], windows: Windows, cfg: DatasetKind,
             without_target: Sequence[int]) -> int:
    steps = piece[1] - piece[0]
    count = windows.count(steps)
    begins = (step - piece[0] - windows.ahead for step in without_target)
    lost = sum(0 <= begin < count * windows.stride and begin % windows.stride == 0 for begin in begins)
    if count > lost:
        return count - lost
    where = {"train": "the training split", "val": "the validation split", "test": "the test split"}[split]
    if lost:
        raise problem(cfg.target_given, f"{where} has no window whose target is there: {lost:,} are "
                                                      "missing")
    key = cfg.window_key
    size = getattr(cfg, key)
    most = steps - 1 - (windows.ahead - size)
    can = f"{most:,} at most" if most >= 1 else "a larger split"
    raise problem(
        f"dataset.{key}={size}",
        f"{where} has {steps:,} steps, and a window with its target spans {windows.ahead + 1:,}; expected {can}",
    )


def _taken(key: str, size: float, rows: int) -> int:
    try:
        return rows_for(size, rows)
    except ValueError as error:
        raise problem(f"{key}={_number(size)}", str(error)) from None


def _number(size: float) -> str:
    return str(int(size)) if float(size).is_integer() else str(size)
