"""Test rows of arrays that lie in files of their own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats.arrays import Arrays
from dlrun.data.formats.npz import ArrayFile


def beside(train: ArrayFile, test: ArrayFile) -> ArrayFile:
    """The arrays of a file as x_train, y_train, and those of another one as x_test, y_test.

    Of the test file its own x_test are taken, else x, else x_train.  Raises ConfigError where both files have
    test rows, or it has no targets.
    """
    if "x_test" in train.names:
        raise problem(test.given, f"{train.given} has test rows of its own, x_test")
    chosen = {_training(name): (train, name) for name in train.names}
    first = next((name for name in ("x_test", "x", "x_train") if name in test.names), None)
    if first is None:
        raise problem(test.given, f"expected the array x or x_test; there are {', '.join(test.names)}")
    chosen["x_test"] = (test, first)
    if (targets := f"y{first[1:]}") in test.names:
        chosen["y_test"] = (test, targets)
    elif "y_train" in chosen:
        raise problem(test.given, f"expected targets beside its inputs, as {train.given} has them; there are "
                                  f"{', '.join(test.names)}")
    return ArrayFile(train.given, list(chosen), lambda key: chosen[key][0].header(chosen[key][1]),
                     lambda key: chosen[key][0].read(chosen[key][1]))


def _training(name: str) -> str:
    return f"{name}_train" if name in ("x", "y") else name


def refuse_strange_classes(arrays: Arrays, given: str) -> None:
    """Raises ConfigError where a test row has a class that no training row has."""
    train, test = arrays.y.get("train"), arrays.y.get("test")
    if train is None or test is None:
        return
    columns: Mapping[int, tuple[str, ...]] = {0: arrays.classes} if arrays.target_kind == "classes" else {
        place: head.classes for place, head in enumerate(arrays.heads) if head.classes}
    for place, classes in columns.items():
        own, theirs = (np.unique(y.reshape(len(y), -1)[:, place]).astype(int).tolist() for y in (train, test))
        strange = [classes[number] for number in theirs if number not in own]
        if strange:
            known = ", ".join(classes[number] for number in own[:20])
            raise problem(given, f'a test row is of the class "{strange[0]}", and no training row; those have {known}')
