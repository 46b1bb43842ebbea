"""New rows as Python has them (arrays, data frames, texts, files) as a run's network sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data import preprocessing_state as fitted
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import Split

CHANNELS_LAST = (1, 3, 4)


def inputs_of(kept: dict[str, Any], x: Any) -> Split:
    """The rows of `x`, preprocessed as the run's training rows were; raises ConfigError for what does not fit.

    `x` is an array, a tensor or a list of rows in the form of the training data (pictures with channels first or last,
    or none; tables in their own units; a series as (steps, columns)), a data frame, or a list of texts or of picture
    files.
    """
    spec = fitted.data_spec(kept)
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):
        cells = [["" if _missing(cell) else str(cell) for cell in row] for row in x.to_numpy().tolist()]
        return fitted.of_rows(kept, [str(name) for name in x.columns], cells)
    if isinstance(x, (str, Path)):
        x = [x]
    if isinstance(x, Sequence) and x and all(isinstance(row, (str, Path)) for row in x):
        if spec.input_kind == "image":
            return fitted.of_images(kept, [Path(file) for file in x])
        return fitted.of_texts(kept, [str(text) for text in x])
    array = as_array(x)
    if "windows" in kept["asked"] and kept["vocabulary"] is None:
        return fitted.of_series(kept, array)
    return Split(_stored(kept, spec, array), None)


def targets_of(kept: dict[str, Any], y: Any, rows: int) -> np.ndarray:
    """Targets as the training had them: places of classes, scaled numbers; raises ConfigError for unknown classes."""
    spec, array = fitted.data_spec(kept), as_array(y)
    if len(array) != rows:
        raise problem(f"{len(array):,} targets", f"expected one for each of the {rows:,} rows")
    if spec.target_kind == "classes":
        places = {name: place for place, name in enumerate(spec.classes)}
        names = [_class_name(value) for value in array.reshape(len(array)).tolist()]
        unknown = next((name for name in names if name not in places), None)
        if unknown is not None:
            raise problem(f"class {unknown}", f"expected one of {', '.join(spec.classes[:20])}"
                                              f"{did_you_mean(unknown, places)}")
        return np.array([places[name] for name in names], np.int64)
    targets = fitted.targets(kept)
    if spec.target_kind == "number":
        return targets[0](array.reshape(len(array)).astype(np.float64))
    if spec.target_kind == "labels":
        return array.reshape(len(array), -1).astype(np.uint8)
    raise problem("evaluate", f"this run's targets are {spec.target_kind}; arrays of classes, numbers and labels are "
                              "supported")


def as_array(values: Any) -> np.ndarray:
    """A tensor, data frame, list or array as an array without Python objects."""
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    elif hasattr(values, "to_numpy"):
        values = values.to_numpy()
    array = np.asarray(values)
    if array.dtype == object:
        array = np.array([str(value) for value in array.ravel().tolist()]).reshape(array.shape)
    return array


def _stored(kept: dict[str, Any], spec: DatasetSpec, x: np.ndarray) -> np.ndarray:
    """Rows in the shape and kind in which the training rows were stored."""
    shape = spec.input_shape
    if x.shape[1:] != shape:
        if spec.input_kind == "image" and x.ndim == 3 and shape == (1, *x.shape[1:]):
            x = x[:, None]
        elif spec.input_kind == "image" and x.ndim == 4 and x.shape[3] in CHANNELS_LAST and shape == (
                x.shape[3], *x.shape[1:3]):
            x = x.transpose(0, 3, 1, 2)
        elif spec.input_kind == "series" and x.ndim == 3 and shape == (x.shape[2], x.shape[1]):
            x = x.transpose(0, 2, 1)
        elif len(shape) == 1 and x.ndim == 1 and shape == (1,):
            x = x[:, None]
        else:
            raise problem(f"rows of the shape {x.shape[1:]}", f"this run was trained on rows of the shape {shape}")
    if x.dtype.kind not in "biuf":
        raise problem(f"rows of {x.dtype}", "expected numbers")
    if spec.input_kind == "tokens":
        if x.min(initial=0) < 0 or x.max(initial=0) >= spec.vocabulary:
            raise problem("token ids", f"expected ids from 0 to {spec.vocabulary - 1}")
        return np.ascontiguousarray(x, np.int64)
    if spec.input_kind != "table":
        return np.ascontiguousarray(x)
    fill = kept["stand_in"]
    means = np.array(fill, np.float32) if fill is not None else fitted.scale(kept).offset
    x = x.astype(np.float32)
    return np.where(np.isnan(x), means, x)


def _class_name(value: Any) -> str:
    """A class as data sets name it: 3.0 is the class 3."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)
