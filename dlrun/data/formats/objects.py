"""Objects of Python as named arrays: arrays, tensors, a DataFrame, torch Datasets."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats.arrays import SPLITS, Arrays
from dlrun.data.formats.items import ItemReader, as_array, items_of
from dlrun.data.formats.mapped import MappedReader, is_map
from dlrun.data.row_stream import InMemory, RowStream, is_held, placeholder
from dlrun.data.source import RawDataset

ALLOWED = ("(x, y), x alone, a dict with x_train, y_train (and x_val, y_val, x_test, y_test, classes, features), "
           "a dataset with len() and rows (x, y), or a dict of such datasets: train (and val, test)")


@dataclass
class _Named:
    """Arrays by name; the names of classes and features; what reads the rows of an array of inputs, and which of these
    are not held."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    readers: dict[str, ItemReader | MappedReader] = field(default_factory=dict)
    not_held: set[str] = field(default_factory=set)


def dataset_of(data: Any, given: str, targets: str | tuple[str, ...] = "auto", layout: str = "auto",
               in_memory: InMemory = "auto") -> RawDataset:
    """The data set that objects are: see `ALLOWED`.  `given` is whom a problem is about.

    `in_memory` says whether rows of datasets and arrays of mapped files are held; auto: up to HELD_BYTES.

    A dict may have ``classes`` (names of the integer targets 0, 1, ...) and ``features`` (names of a table's columns).
    Raises ConfigError for shapes, types, lengths and numbers that cannot be learned from.
    """
    found = _named(data, given, in_memory)
    held = found.arrays
    one = {name: found.readers[name].read(np.zeros(1, np.int64), None)[0] for name in found.not_held}
    arrays = Arrays(held, lambda key: (held[key].shape, held[key].dtype), held.__getitem__, targets=targets,
                    given=given, source="the data", classes=found.classes, features=found.features, layout=layout,
                    floats=True, not_held=one)
    source = arrays.source()
    streams = {}
    for split, (x, y) in arrays.keys.items():
        reader = found.readers.get(x)
        if reader is not None:
            stored = {"train": source.y, "val": source.y_val, "test": source.y_test}[split]
            drawn = _drawn_targets(held[y], stored, given) if reader.drawn and stored is not None else None
            streams[split] = RowStream(reader, np.arange(len(held[x])), arrays.stored, x not in found.not_held, drawn)
    return dataclasses.replace(source, streams=streams) if streams else source


def is_dataset(value: Any) -> bool:
    """Whether an object has rows: len() and items by number."""
    return (hasattr(value, "__len__") and hasattr(value, "__getitem__")
            and not isinstance(value, (str, bytes, Mapping, tuple)) and not is_array(value))


def is_array(value: Any) -> bool:
    """Whether an object is an array or a tensor."""
    return hasattr(value, "__array__") or hasattr(value, "detach")


def _named(data: Any, given: str, in_memory: InMemory) -> _Named:
    found = _Named()
    if isinstance(data, Mapping):
        named = {str(key): value for key, value in data.items() if value is not None}
        found.classes, found.features = (tuple(map(str, named.pop(key, ()))) for key in ("classes", "features"))
        for key, value in named.items():
            if key in SPLITS and is_dataset(value):
                _add_items(found, value, f"_{key}", given, in_memory)
            else:
                _add_array(found, key, value, given, in_memory)
        return found
    if isinstance(data, tuple) and len(data) == 2:
        for key, value in zip("xy", data):
            _add_array(found, key, value, given, in_memory)
    elif is_array(data):
        _add_array(found, "x", data, given, in_memory)
    elif is_dataset(data) or isinstance(data, tuple):
        _add_items(found, data, "", given, in_memory)
    else:
        raise problem(given, f"expected {ALLOWED}; it is a {type(data).__name__}")
    return found


def _add_items(found: _Named, data: Any, suffix: str, given: str, in_memory: InMemory) -> None:
    items = items_of(data, given, in_memory)
    key = f"x{suffix}"
    found.arrays[key] = items.x
    if items.y is not None:
        found.arrays[f"y{suffix}"] = items.y
    if items.reader is not None:
        found.readers[key] = items.reader
    if not items.held:
        found.not_held.add(key)
    found.classes = found.classes or items.classes


def _add_array(found: _Named, key: str, value: Any, given: str, in_memory: InMemory) -> None:
    if key.startswith("x") and is_map(value) and not is_held(value.nbytes, in_memory):
        found.readers[key] = MappedReader(value)
        found.not_held.add(key)
        value = placeholder(len(value), value[:1])
    found.arrays[key] = as_array(value, key, given)


def _drawn_targets(raw: np.ndarray, stored: np.ndarray, given: str) -> Callable[[np.ndarray], np.ndarray] | None:
    """Makes of drawn targets what is stored of `raw`; None where a row has several, which are taken as they stand."""
    if stored.dtype != np.int64:
        return (lambda y: y.reshape(len(y)).astype(stored.dtype)) if stored.ndim == 1 else None
    distinct, first = np.unique(raw.reshape(len(raw)), return_index=True)
    codes = stored[first]

    def encoded(y: np.ndarray) -> np.ndarray:
        flat = y.reshape(len(y))
        places = np.searchsorted(distinct, flat).clip(max=len(distinct) - 1)
        if unknown := flat[distinct[places] != flat].tolist():
            raise problem(given, f"a row drew the class {unknown[0]}; expected one of those that the rows had when "
                                 f"they were first read: {', '.join(map(str, distinct[:20]))}")
        found: np.ndarray = codes[places]
        return found

    return encoded
