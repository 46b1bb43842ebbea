"""Objects of Python as named arrays: arrays, tensors, a DataFrame, a torch Dataset whose rows are fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats.arrays import Arrays
from dlrun.data.source import RawDataset

ALLOWED = ("(x, y), x alone, a dict with x_train, y_train (and x_val, y_val, x_test, y_test, classes, features), "
           "or a dataset with len() and rows (x, y)")
_PROBED = 4  # rows that are read twice: random ones differ


def dataset_of(data: Any, given: str, targets: str | tuple[str, ...] = "auto", layout: str = "auto") -> RawDataset:
    """The data set that objects are: see `ALLOWED`.  `given` is whom a problem is about.

    A dict may have ``classes`` (names of the integer targets 0, 1, ...) and ``features`` (names of a table's columns).
    Raises ConfigError for shapes, types, lengths and numbers that cannot be learned from.
    """
    arrays, classes, features = _named(data, given)
    held = {name: _array(value, f"{name}", given) for name, value in arrays.items()}
    return Arrays(held, lambda key: (held[key].shape, held[key].dtype), held.__getitem__, targets=targets, given=given,
                  source="the data", classes=classes, features=features, layout=layout, floats=True).source()


def _named(data: Any, given: str) -> tuple[dict[str, Any], tuple[str, ...], tuple[str, ...]]:
    if isinstance(data, Mapping):
        named = {str(key): value for key, value in data.items() if value is not None}
        classes, features = (tuple(map(str, named.pop(key, ()))) for key in ("classes", "features"))
        return named, classes, features
    if isinstance(data, (tuple, list)) and len(data) == 2 and isinstance(data, tuple):
        return {"x": data[0], "y": data[1]}, (), ()
    if hasattr(data, "__array__") or hasattr(data, "detach"):
        return {"x": data}, (), ()
    if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, (str, bytes)):
        x, y = _rows(data, given)
        return {"x": x, **({} if y is None else {"y": y})}, tuple(map(str, getattr(data, "classes", ()))), ()
    raise problem(given, f"expected {ALLOWED}; it is a {type(data).__name__}")


def _rows(data: Any, given: str) -> tuple[np.ndarray, np.ndarray | None]:
    """The rows of a map-style dataset, read once; those that are drawn anew at each reading are refused."""
    count = len(data)
    if not count:
        raise problem(given, "it has no rows")
    rows = [_row(data, place, given) for place in range(count)]
    for place in range(min(_PROBED, count)):
        again = _row(data, place, given)
        if any(not np.array_equal(one, other) for one, other in zip(rows[place], again)):
            raise problem(given, f"row {place} is another one each time that it is read; expected rows that stay as "
                                 "they are (random changes are drawn by  augment=...  so that a run can be resumed)")
    if len({tuple(part.shape for part in row) for row in rows}) > 1:
        raise problem(given, "its rows have different shapes")
    x = np.stack([row[0] for row in rows])
    return x, np.stack([row[1] for row in rows]) if len(rows[0]) > 1 else None


def _row(data: Any, place: int, given: str) -> tuple[np.ndarray, ...]:
    row = data[place]
    row = row if isinstance(row, Sequence) and not isinstance(row, str) else (row,)
    if len(row) > 2:
        raise problem(given, f"row {place} has {len(row)} parts; expected an input, or an input and its target")
    parts = tuple(_array(part, f"row {place}", given) for part in row)
    channels_first = parts[0].ndim == 3 and hasattr(row[0], "detach") and parts[0].shape[0] in (1, 3, 4)
    return (np.moveaxis(parts[0], 0, -1), *parts[1:]) if channels_first else parts


def _array(value: Any, name: str, given: str) -> np.ndarray:
    if hasattr(value, "detach"):  # a tensor, on any device
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise problem(given, f"{name} is no array of one shape ({error})") from None
    if array.dtype.kind == "O" and array.size and all(isinstance(member, str) for member in array.ravel()[:1000]):
        array = array.astype(str)
    return array
