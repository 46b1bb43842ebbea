"""Arrays beside the inputs that say what rows are to each other: which belong together, and which came first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data.formats import npz
from dlrun.data.formats.array_places import Named, Place, places
from dlrun.data.formats.npz import ArrayFile
from dlrun.data.source import RawDataset


def with_row_arrays(source: RawDataset, cfg: Named) -> RawDataset:
    """The source with its groups, or in its order.

    Splits that the data has of its own need an array of groups, too, ``patient_test`` beside ``patient``.  Raises
    ConfigError for an array that is not there, has not one value for each row, or groups that are in two splits.
    """
    own, *apart = places(cfg)
    if cfg.order:
        given = f"dataset.order={cfg.order}"
        values = _of_rows(_file(own, given), (cfg.order, f"{cfg.order}_train"), len(source.x), given, "iufM")
        order = np.argsort(values, kind="stable")
        note = f'rows are in the order of "{cfg.order}", the last ones are for validation and test; it is no input'
        return dataclasses.replace(source, x=source.x[order], y=None if source.y is None else source.y[order],
                                   notes=(*source.notes, note))
    given = f"dataset.group={cfg.group}"
    file = _file(own, given)
    found = {"train": _of_rows(file, (cfg.group, f"{cfg.group}_train"), len(source.x), given)}
    if source.x_val is not None:
        found["val"] = _of_rows(file, (f"{cfg.group}_val",), len(source.x_val), given)
    if source.x_test is not None:
        file, also = (_file(apart[0], given), (cfg.group,)) if apart else (file, ())
        found["test"] = _of_rows(file, (f"{cfg.group}_test", *also), len(source.x_test), given)
    in_one_split(found, given)
    codes = {name: np.unique(names, return_inverse=True)[1].astype(np.int64) for name, names in found.items()}
    return dataclasses.replace(source, groups=codes["train"], groups_test=codes.get("test"),
                               reading={**source.reading, "group": cfg.group})


def _file(place: Place, given: str) -> ArrayFile:
    if isinstance(place.path, dict) or place.inputs()[0].suffix == ".npy":
        raise problem(given, "expected a .npz file, whose arrays have names")
    return npz.open_file(place.inputs()[0], place.given)


def _of_rows(file: ArrayFile, names: tuple[str, ...], rows: int, given: str, kinds: str = "biufUSM") -> np.ndarray:
    name = next((name for name in names if name in file.names), None)
    if name is None:
        raise problem(given, f"{file.given} has no array {' or '.join(names)}"
                             + (did_you_mean(names[0], file.names) or f"; there are {', '.join(file.names)}"))
    shape, dtype = file.header(name)
    if shape not in ((rows,), (rows, 1)) or dtype.kind not in kinds:
        raise problem(given, f"expected one {'number' if 'U' not in kinds else 'value'} for each of the {rows:,} rows; "
                             f"{name} is {dtype} {shape}")
    found = file.read(name).reshape(rows)
    if dtype.kind == "f" and np.isnan(found).any() or dtype.kind == "M" and np.isnat(found).any():
        raise problem(given, f"expected a value for each row; that of row {int((found != found).argmax())} is missing")
    return found


def in_one_split(found: Mapping[str, np.ndarray], given: str) -> None:
    """Raises ConfigError for a group that has rows in two splits."""
    names = list(found)
    for place, name in enumerate(names):
        for other in names[:place]:
            both = np.intersect1d(found[name], found[other])
            if len(both):
                raise problem(given, f'the group "{both[0]}" has rows in {other} and in {name} ({len(both):,} such '
                                     "groups); expected each in one of them")
