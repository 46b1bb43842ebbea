"""Targets of new rows as Python has them (arrays, columns, lists) as the training had them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.formats.labels import ON_OFF, class_name
from dlrun.inference.new_rows import as_array


def targets_of(kept: dict[str, Any], y: Any, rows: int) -> np.ndarray:
    """Places of classes, scaled numbers, 0 and 1 of labels, or a column for each of several targets.

    Raises ConfigError for another shape, for classes that the run does not have, and for what is no finite number:
    a row without its target cannot be measured.
    """
    spec, array = preprocessing.data_spec(kept), as_array(y, "y")
    if not array.ndim:
        raise problem("y", f"expected a target for each of the {rows:,} rows, not {type(y).__name__}")
    if len(array) != rows:
        raise problem(f"{len(array):,} targets", f"expected one for each of the {rows:,} rows")
    names = {"classes": [""], "number": [""], "labels": spec.classes, "several": [head.name for head in spec.heads]}
    if spec.target_kind not in names:
        raise problem("evaluate", f"this run's targets are {spec.target_kind}; arrays of classes, numbers and labels "
                                  "are supported")
    columns = names[spec.target_kind]
    if array.size != rows * len(columns):
        wanted = "one" if columns == [""] else f"a column for each of {', '.join(columns[:20])}"
        raise problem(f"targets of the shape {array.shape}", f"expected {wanted} in each of the {rows:,} rows")
    array = array.reshape(rows, len(columns))
    scales = preprocessing.targets(kept)
    if spec.target_kind == "classes":
        return _places(array[:, 0], spec.classes)
    if spec.target_kind == "number":
        return scales[0](_numbers(array[:, 0]))
    if spec.target_kind == "labels":
        return np.stack([_on_off(column, name) for column, name in zip(array.T, columns)], 1)
    values = [_places(column, head.classes) if head.classes else _numbers(column, head.name)
              for head, column in zip(spec.heads, array.T)]
    return np.stack([scale(column) for scale, column in zip(scales, values)], 1)


def _places(values: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """The places of classes by their names, or by the numbers that they are called by; ConfigError for others."""
    places = {name: place for place, name in enumerate(classes)}
    names = [name if (name := str(value)) in places else _class_name(value) for value in values.tolist()]
    unknown = next((name for name in names if name not in places), None)
    if unknown is not None:
        raise problem(f"class {unknown}", f"expected one of {', '.join(classes[:20])}{did_you_mean(unknown, places)}")
    return np.array([places[name] for name in names], np.int64)


def _class_name(value: Any) -> str:
    """A class as data sets name it: 3.0 is the class 3, also where it stands beside texts."""
    try:
        return class_name(float(value))
    except (ValueError, TypeError):
        return str(value)


def _numbers(values: np.ndarray, name: str = "") -> np.ndarray:
    """Finite numbers; ConfigError that names the first row without one."""
    if values.dtype.kind in "iufb":
        found = values.astype(np.float64)
    else:
        found = np.array([_number(value) for value in values.tolist()])
    _refuse(values, ~np.isfinite(found), name, "a finite number; rows that have none are to be left out")
    return found


def _number(value: Any) -> float:
    try:
        return float(value)
    except (ValueError, TypeError):
        return np.nan


def _on_off(values: np.ndarray, name: str) -> np.ndarray:
    """0 and 1 of a label; ConfigError for anything else."""
    found = [ON_OFF.get(str(value).lower()) for value in values.tolist()]
    _refuse(values, np.array([value is None for value in found]), name, "0 or 1 (false, true, no, yes)")
    return np.array(found, np.uint8)


def _refuse(values: np.ndarray, wrong: np.ndarray, name: str, expected: str) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        of = f' of "{name}"' if name else ""
        raise problem(f"the target {values[row]}{of} in row {row}", f"expected {expected}")
