"""Named arrays (x_train, y_train ... or x, y) as a data set: what kind of inputs and targets they hold, checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data.dataset_spec import Column, DatasetInfo, DatasetSpec, Head
from dlrun.data.formats import labels
from dlrun.data.row_stream import placeholder
from dlrun.data.source import RawDataset

SPLITS = ("train", "val", "test")
CHANNELS = (1, 3, 4)
Header = tuple[tuple[int, ...], np.dtype]
_KEYS = "x_train, y_train (and x_val, y_val, x_test, y_test), or x, y, or only x"


class Arrays:
    """The arrays of a data set: of the inputs only the shapes are read until they are asked for.

    `header` gives shape and dtype of an array, `read` the array; `targets` is auto, classes or number, or one of these
    for each column of targets.  `given` is whom a problem is about, `source` the name of what holds the arrays.
    `classes` names the classes of integer targets 0, 1, ...; `features` the columns of a table.  With `layout`
    "series" inputs are (rows, steps, features); float pictures are taken where `floats` says so;
    `choose` says how arrays of other names are chosen.  `not_held` has a row (1, ...) of each array of
    inputs that is not read as a whole.  `fewest` is how many classes there are at least.  Raises ConfigError.
    """

    def __init__(self, names: Collection[str], header: Callable[[str], Header], read: Callable[[str], np.ndarray], *,
                 targets: str | tuple[str, ...], given: str, source: str, classes: tuple[str, ...] = (),
                 features: tuple[str, ...] = (), layout: str = "auto", floats: bool = False,
                 choose: str = "", not_held: Mapping[str, np.ndarray] | None = None,
                 fewest: int = labels.FEWEST) -> None:
        self.given, self.source_name, self.target_kinds, self._read = given, source, targets, read
        self.names, self.features, self.floats = classes, features, floats
        self._not_held, self._fewest = not_held or {}, fewest
        keys = set(names)
        if "x_train" in keys:
            self.keys = {split: (f"x_{split}", f"y_{split}") for split in SPLITS if f"x_{split}" in keys}
        elif "x" in keys:
            self.keys = {"train": ("x", "y")}
        else:
            there = ", ".join(sorted(keys)) or "none"
            raise self._bad(f"expected the arrays {_KEYS}; there are {there}"
                            f"{did_you_mean('x_train', keys)}{choose}")
        with_targets = {y in keys for _, y in self.keys.values()}
        if len(with_targets) == 2:
            lacking = ", ".join(y for _, y in self.keys.values() if y not in keys)
            raise self._bad(f"expected targets for every split, or for none; {lacking} is missing")
        self.has_targets = with_targets.pop()
        self.shapes = {split: self._checked(x, header(x)) for split, (x, _) in self.keys.items()}
        self.layout, self.input_shape = self._layout(layout)
        self.y, self.target_kind, self.classes, self.heads = self._y()

    def info(self) -> DatasetInfo:
        """Spec and rows."""
        return DatasetInfo(self._spec(), {split: shape[0] for split, (shape, _) in self.shapes.items()})

    def source(self) -> RawDataset:
        """The arrays as they are stored for training."""
        x = {split: placeholder(self.shapes[split][0][0], self.stored(self._not_held[key])) if key in self._not_held
             else self.stored(self._read(key)) for split, (key, _) in self.keys.items()}
        white = 255.0 if self.shapes["train"][1] == np.uint8 else 1.0
        return RawDataset(
            self._spec(), x["train"], self.y.get("train"), x.get("val"), self.y.get("val"), x.get("test"),
            self.y.get("test"), levels=1.0 if self.layout in ("table", "series") else white,
            columns=() if self.layout == "series" else tuple(Column(name, "number") for name in self._spec().features),
        )

    def _spec(self) -> DatasetSpec:
        kind = {"table": "table", "series": "series"}.get(self.layout, "image")
        features = self.features or tuple(f"x{place}" for place in range(self.input_shape[0]))
        return DatasetSpec(self.input_shape, kind, self.target_kind, self.classes,
                           features if kind != "image" else (),
                           target_name="y" if self.target_kind == "number" else "", heads=self.heads)

    def _checked(self, key: str, header: Header) -> Header:
        shape, dtype = header
        if dtype.hasobject:
            raise self._bad(f"{key} holds Python objects, which can run code as they are read; save it as numbers")
        if not shape or not shape[0]:
            raise self._bad(f"{key} has no rows")
        return header

    def _layout(self, layout: str) -> tuple[str, tuple[int, ...]]:
        """How inputs lie (table, series, grey, channels_last, channels_first) and the shape of one in dlrun."""
        shape, dtype = self.shapes["train"]
        for split, (other, kind) in self.shapes.items():
            if other[1:] != shape[1:] or kind != dtype:
                raise self._bad(f"x_{split} is {kind} {other} and x_train {dtype} {shape}; they must agree, rows aside")
        if dtype.kind not in "biuf":
            raise self._bad(f"expected numbers; x is {dtype}")
        if 0 in shape[1:]:
            raise self._bad(f"expected numbers in each row; x has the shape {shape}")
        if layout == "series":
            if len(shape) != 3:
                raise self._bad(f"expected a series (rows, steps, features); x has the shape {shape}")
            return "series", (shape[2], shape[1])
        if len(shape) in (3, 4) and dtype != np.uint8 and not (self.floats and dtype.kind == "f"):
            raise self._bad(f"expected pictures as uint8 (0 to 255); x is {dtype} {shape}")
        if len(shape) == 4 and shape[3] in CHANNELS:
            return "channels_last", (shape[3], shape[1], shape[2])
        if len(shape) == 4 and shape[1] in CHANNELS:
            return "channels_first", shape[1:]
        if len(shape) == 3:
            return "grey", (1, *shape[1:])
        if len(shape) == 2:
            return "table", (shape[1],)
        if len(shape) == 1:
            return "table", (1,)
        expected = "a table (rows, features) or pictures (rows, height, width[, 1, 3 or 4])"
        raise self._bad(f"expected {expected}; x has the shape {shape}")

    def stored(self, x: np.ndarray) -> np.ndarray:
        """Inputs as a data set holds them; raises ConfigError for what is not finite."""
        table = self.layout == "table"
        if table or x.dtype != np.uint8 or self.layout == "series":
            with np.errstate(over="ignore"):
                x = x.astype(np.float32)
            flat = x.reshape(len(x), -1)
            wrong = np.isinf(flat) if table else ~np.isfinite(flat)  # a missing cell of a table is filled in later
            if wrong.any():
                raise self._bad(f"row {int(wrong.any(1).argmax())} of x is not finite")
            if table:
                return flat
        if self.layout == "series":
            return np.ascontiguousarray(x.transpose(0, 2, 1))
        if self.layout == "channels_last":
            return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        return x[:, None] if self.layout == "grey" else x

    def _y(self) -> tuple[dict[str, np.ndarray], str, tuple[str, ...], tuple[Head, ...]]:
        if not self.has_targets:
            return {}, "none", (), ()
        y = {}
        for split, (x_key, key) in self.keys.items():
            array = self._read(key)
            array = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
            rows = self.shapes[split][0][0]
            if array.shape[:1] != (rows,) or array.ndim > 2 or not array.size or array.dtype.kind not in "biufU":
                raise self._bad(f"{key} is {array.dtype} {array.shape}; expected one class or number for each of the "
                                f"{rows:,} rows of {x_key}, or several: (rows, targets)")
            y[split] = array
        if len({array.shape[1:] for array in y.values()}) > 1:
            raise self._bad(f"the targets have the shapes {', '.join(str(array.shape) for array in y.values())}; they "
                            "must agree but for rows")
        values = np.concatenate(list(y.values()))
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise self._bad("a target is not a finite number")
        kind: Any = self.target_kinds
        ends = np.cumsum([len(array) for array in y.values()])[:-1]
        if values.ndim == 2:
            several = self._several(values)
            return dict(zip(y, np.split(several[0], ends))), *several[1:]
        if not isinstance(kind, str):
            raise problem(f"dataset.targets=[{','.join(kind)}]", "expected one word where there is one target")
        if kind == "auto":
            kind = "number" if values.dtype.kind == "f" else "classes"
        distinct, codes = np.unique(values, return_inverse=True)
        try:
            if kind == "number" and values.dtype.kind == "U":
                raise ValueError("holds texts; expected numbers")
            if kind == "classes" and not self._fewest <= len(distinct) <= labels.MANY:
                raise ValueError(f"has {len(distinct):,} different values; expected {self._fewest} to {labels.MANY:,} "
                                 "classes")
        except ValueError as error:
            raise problem(f"dataset.targets={self.target_kinds}", f"the target of {self.source_name} {error}") from None
        if kind == "number":
            return {split: self._in_32_bits(array) for split, array in y.items()}, "number", (), ()
        names = labels.encode(distinct.tolist())[1]
        if self.names:
            if values.dtype.kind not in "iu" or not 0 <= int(distinct[0]) <= int(distinct[-1]) < len(self.names):
                raise self._bad(f"expected targets 0 to {len(self.names) - 1}, the numbers of its {len(self.names)} "
                                f"classes; they are {values.dtype}, {distinct[0]} to {distinct[-1]}")
            codes, names = values, self.names
        splits = np.split(codes.astype(np.int64).reshape(-1), ends)
        return dict(zip(y, splits)), "classes", names, ()

    def _several(self, values: np.ndarray) -> tuple[np.ndarray, str, tuple[str, ...], tuple[Head, ...]]:
        """Targets (rows, several): labels where all are 0 or 1, else a number or a class in each column."""
        names = [f"y{place}" for place in range(values.shape[1])]
        if self.target_kinds == "auto" and values.dtype.kind != "U" and np.isin(values, (0, 1)).all():
            return values.astype(np.uint8), "labels", tuple(names), ()
        kind = self.target_kinds
        if kind == "auto" and values.dtype.kind == "f":
            kind = "number"
        try:
            found = labels.several(values.T.tolist(), names, kind, self._fewest)
        except ValueError as error:
            raise self._bad(f"the target {error}") from None
        dtype = np.uint8 if found.kind == "labels" else np.float32
        stored = np.ascontiguousarray(self._in_32_bits(np.array(found.values), dtype).T)
        return stored, found.kind, found.classes, found.heads

    def _in_32_bits(self, targets: np.ndarray, dtype: Any = np.float32) -> np.ndarray:
        with np.errstate(over="ignore"):
            stored = targets.astype(dtype)
        if not np.isfinite(stored).all():
            raise self._bad("a target is too large for 32 bits")
        return stored

    def _bad(self, expected: str) -> Exception:
        return problem(self.given, expected)
