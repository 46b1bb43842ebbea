"""What a program says of the rows that it holds: which belong together, and in which order of time they lie."""

from __future__ import annotations

import dataclasses
from datetime import date, timezone
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.source import RawDataset


def with_held_rows(source: RawDataset, group: Any, order: Any) -> RawDataset:
    """The source with its groups (a value for each training row, texts or whole numbers), or in its order.

    Raises ConfigError for another number of values, for missing ones, and for an order of rows that are not held.
    """
    if group is not None:
        names = _values(group, len(source.x), "group", "iuUSb")
        codes = np.unique(names, return_inverse=True)[1].astype(np.int64)
        return dataclasses.replace(source, groups=codes, reading={**source.reading, "group": "group"})
    values = _values(order, len(source.x), "order", "iufM")
    if source.streams:
        raise problem("order", "expected rows that are held in memory")
    places = np.argsort(values, kind="stable")
    note = "rows are in the order that is given, the last ones are for validation and test"
    return dataclasses.replace(source, x=source.x[places], y=None if source.y is None else source.y[places],
                               notes=(*source.notes, note))


def _values(given: Any, rows: int, key: str, kinds: str) -> np.ndarray:
    what = "a text or a whole number" if key == "group" else "a number or a date"
    try:
        found = np.asarray(given.tolist() if hasattr(given, "detach") else given)
        if found.dtype.kind == "O":
            found = _of_objects(found.tolist())
    except ValueError:  # lists of different lengths
        raise problem(key, f"expected {what} for each of the {rows:,} rows") from None
    if found.shape != (rows,) or found.dtype.kind not in kinds:
        raise problem(key, f"expected {what} for each of the {rows:,} rows, not {found.dtype} {found.shape}")
    if found.dtype.kind in "fM" and (found != found).any():
        raise problem(key, f"expected a value for each row; that of row {int((found != found).argmax())} is missing")
    return found


def _of_objects(members: list[Any]) -> np.ndarray:
    """What objects are as an array: numbers, texts, or moments, which have to be of a time zone all or none."""
    there = [one for one in members if one is not None]
    zones = {getattr(one, "tzinfo", None) is not None for one in there}
    if len(zones) != 1 or not all(isinstance(one, date) for one in there):
        return np.asarray(members)
    if True in zones:
        members = [one and one.astimezone(timezone.utc).replace(tzinfo=None) for one in members]
    return np.array(members, "datetime64[us]")
