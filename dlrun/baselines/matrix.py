"""The inputs and targets of a split as the matrices that scikit-learn takes: what a network sees, a row a line."""

from __future__ import annotations

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.prepared import PreparedData, Split

MOST = 1 << 28  # numbers: a gigabyte


def inputs(prepared: PreparedData, split: Split, given: str) -> np.ndarray:
    """The inputs (rows, values), float32, scaled as a network gets them; pictures and windows are flattened.

    Raises ConfigError for rows of tokens, for rows that are not held in memory, and for more than a gigabyte.
    """
    if split.form.kind not in ("values", "multi_hot"):
        raise problem(given, "baselines learn from numbers, and its rows are tokens; dataset.form=multi_hot makes bags "
                             "of words where the data set has it")
    if not split.held:
        raise problem(given, "its rows are not held in memory; train_size= takes the first ones")
    if split.form.kind == "multi_hot":
        _refuse_large(len(split) * split.form.size, given)
        bags = np.zeros((len(split), split.form.size + 1), np.float32)  # rows are filled up with the id `size`
        np.put_along_axis(bags, split.x.astype(np.int64), 1.0, 1)
        return bags[:, :-1]
    windows, x = split.form.windows, split.x
    if windows is None:
        _refuse_large(x.size, given)
        return prepared.scale(x).reshape(len(x), -1)
    assert split.rows is not None
    seen = np.arange(windows.length) * windows.step
    _refuse_large(len(split) * windows.length * x[0].size, given)
    return prepared.scale(x)[split.rows[:, None] + seen].reshape(len(split), -1)


def targets(prepared: PreparedData, split: Split) -> np.ndarray:
    """Class numbers (rows,) int64, or numbers (rows,) float64 in the unit of the target."""
    assert split.y is not None
    if prepared.data_spec.target_kind == "classes":
        return split.y.astype(np.int64)
    return prepared.targets[0].in_unit(split.y)


def _refuse_large(numbers: int, given: str) -> None:
    if numbers > MOST:
        raise problem(given, f"its rows are {numbers:,} numbers; expected {MOST:,} at most: train_size= takes the "
                             "first ones")
