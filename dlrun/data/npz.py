"""A user's own arrays (dataset=npz)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data import cache, labels, paths
from dlrun.data.dataset_spec import Column, DatasetInfo, DatasetSpec, Head
from dlrun.data.source import DatasetFiles, RawDataset

PARTS = ("train", "val", "test")
CHANNELS = (1, 3, 4)
_KEYS = "x_train, y_train (and x_val, y_val, x_test, y_test), or x, y, or only x"


def dataset_info(cfg: Any) -> DatasetInfo:
    """Signature and rows; of the inputs only the shapes are read."""
    path = paths.own(cfg.path)
    known = cache.dataset_info(cache.entry("npz", [cfg.targets], [path]))
    return known if known is not None else _Arrays(path, cfg).dataset_info()


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The file, ready to decode."""
    path = paths.own(cfg.path)
    return DatasetFiles([path], lambda _: _Arrays(path, cfg).source(), [cfg.targets])


class _Arrays:
    """The arrays of one file: which keys are there, what kind of inputs and targets they hold."""

    def __init__(self, path: Path, cfg: Any) -> None:
        self.path, self.cfg = path, cfg
        try:
            self.file = np.load(path, allow_pickle=False)
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise self._bad(f"a NumPy .npz file is wanted ({error})") from None
        if not isinstance(self.file, np.lib.npyio.NpzFile):
            raise self._bad("a .npz file with named arrays is wanted; this is a single array")
        keys = set(self.file.files)
        if "x_train" in keys:
            self.keys = {part: (f"x_{part}", f"y_{part}") for part in PARTS if f"x_{part}" in keys}
        elif "x" in keys:
            self.keys = {"train": ("x", "y")}
        else:
            there = ", ".join(sorted(keys)) or "none"
            raise self._bad(f"the arrays {_KEYS} are wanted; there are {there}{did_you_mean('x_train', keys)}")
        with_targets = {y in keys for _, y in self.keys.values()}
        if len(with_targets) == 2:
            lacking = ", ".join(y for _, y in self.keys.values() if y not in keys)
            raise self._bad(f"every part wants its targets, or none; {lacking} is missing")
        self.targets = with_targets.pop()
        self.shapes = {part: self._header(x) for part, (x, _) in self.keys.items()}
        self.layout, self.input_shape = self._layout()
        self.y, self.target_kind, self.classes, self.heads = self._y()

    def dataset_info(self) -> DatasetInfo:
        return DatasetInfo(self._signature(), {part: shape[0] for part, (shape, _) in self.shapes.items()})

    def source(self) -> RawDataset:
        x = {part: self._inputs(self._read(key)) for part, (key, _) in self.keys.items()}
        return RawDataset(
            self._signature(), x["train"], self.y.get("train"), x.get("val"), self.y.get("val"), x.get("test"),
            self.y.get("test"), levels=1.0 if self.layout == "table" else 255.0,
            columns=tuple(Column(name, "number") for name in self._signature().features),
        )

    def _signature(self) -> DatasetSpec:
        table = self.layout == "table"
        features = tuple(f"x{place}" for place in range(self.input_shape[0])) if table else ()
        told = "y" if self.target_kind == "number" else ""
        return DatasetSpec(self.input_shape, "table" if table else "image", self.target_kind, self.classes, features,
                         target_name=told, heads=self.heads)

    def _header(self, key: str) -> tuple[tuple[int, ...], np.dtype]:
        with zipfile.ZipFile(self.path) as archive, archive.open(f"{key}.npy") as member:
            major, _ = np.lib.format.read_magic(member)
            read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(member)
        if dtype.hasobject:
            raise self._bad(f"{key} holds Python objects, which are not loaded; save it as numbers")
        if not shape or not shape[0]:
            raise self._bad(f"{key} has no rows")
        return shape, dtype

    def _layout(self) -> tuple[str, tuple[int, ...]]:
        """How inputs lie (table, grey, channels_last, channels_first) and the shape of one as dlrun wants it."""
        shape, dtype = self.shapes["train"]
        for part, (other, kind) in self.shapes.items():
            if other[1:] != shape[1:] or kind != dtype:
                raise self._bad(f"x_{part} is {kind} {other} and x_train {dtype} {shape}; they must agree but for rows")
        if len(shape) in (3, 4) and dtype != np.uint8:
            raise self._bad(f"pictures are wanted as uint8 (0 to 255); x is {dtype} {shape}")
        if dtype.kind not in "biuf":
            raise self._bad(f"numbers are wanted; x is {dtype}")
        if len(shape) == 4 and shape[3] in CHANNELS:
            return "channels_last", (shape[3], shape[1], shape[2])
        if len(shape) == 4 and shape[1] in CHANNELS:
            return "channels_first", shape[1:]
        if len(shape) == 3:
            return "grey", (1, *shape[1:])
        if len(shape) == 2 and shape[1]:
            return "table", (shape[1],)
        if len(shape) == 1:
            return "table", (1,)
        wanted = "a table (rows, features) or pictures (rows, height, width[, 1, 3 or 4])"
        raise self._bad(f"{wanted} are wanted; x has the shape {shape}")

    def _inputs(self, x: np.ndarray) -> np.ndarray:
        if self.layout == "channels_last":
            return np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        if self.layout == "grey":
            return x[:, None]
        if self.layout == "channels_first":
            return x
        x = x.reshape(len(x), -1).astype(np.float32)
        if np.isinf(x).any():
            raise self._bad(f"row {int(np.isinf(x).any(1).argmax())} of x is not finite")
        return x

    def _y(self) -> tuple[dict[str, np.ndarray], str, tuple[str, ...], tuple[Head, ...]]:
        if not self.targets:
            return {}, "none", (), ()
        y = {}
        for part, (x_key, key) in self.keys.items():
            array = self._read(key)
            array = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
            rows = self.shapes[part][0][0]
            if array.shape[:1] != (rows,) or array.ndim > 2 or not array.size or array.dtype.kind not in "biufU":
                raise self._bad(f"{key} is {array.dtype} {array.shape}; one class or number for each of the "
                                f"{rows:,} rows of {x_key} is wanted, or several: (rows, targets)")
            y[part] = array
        if len({array.shape[1:] for array in y.values()}) > 1:
            raise self._bad(f"the targets have the shapes {', '.join(str(array.shape) for array in y.values())}; they "
                            "must agree but for rows")
        values = np.concatenate(list(y.values()))
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise self._bad("a target is not a finite number")
        wanted = self.cfg.targets
        ends = np.cumsum([len(array) for array in y.values()])[:-1]
        if values.ndim == 2:
            found, kind, classes, heads = self._several(values)
            return dict(zip(y, np.split(found, ends))), kind, classes, heads
        if not isinstance(wanted, str):
            raise problem(f"dataset.targets=[{','.join(wanted)}]", "one word is wanted where there is one target")
        if wanted == "auto":
            wanted = "number" if values.dtype.kind == "f" else "classes"
        distinct, codes = np.unique(values, return_inverse=True)
        try:
            if wanted == "number" and values.dtype.kind == "U":
                raise ValueError("holds texts, and numbers are wanted")
            if wanted == "classes" and not 2 <= len(distinct) <= labels.MANY:
                raise ValueError(f"has {len(distinct):,} different values; 2 to {labels.MANY:,} classes are wanted")
        except ValueError as error:
            raise problem(f"dataset.targets={self.cfg.targets}", f"the target of {self.path.name} {error}") from None
        if wanted == "number":
            return {part: array.astype(np.float32) for part, array in y.items()}, "number", (), ()
        parts = np.split(codes.astype(np.int64).reshape(-1), ends)
        return dict(zip(y, parts)), "classes", labels.encode(distinct.tolist())[1], ()

    def _several(self, values: np.ndarray) -> tuple[np.ndarray, str, tuple[str, ...], tuple[Head, ...]]:
        """Targets (rows, several): labels where all are 0 or 1, else a number or a class in each column."""
        names = [f"y{place}" for place in range(values.shape[1])]
        if self.cfg.targets == "auto" and values.dtype.kind != "U" and np.isin(values, (0, 1)).all():
            return values.astype(np.uint8), "labels", tuple(names), ()
        wanted = self.cfg.targets
        if wanted == "auto" and values.dtype.kind == "f":
            wanted = "number"
        try:
            found = labels.several(values.T.tolist(), names, wanted)
        except ValueError as error:
            raise problem(f"dataset.path={self.cfg.path}", f"the target {error}") from None
        dtype = np.uint8 if found.kind == "labels" else np.float32
        return np.ascontiguousarray(np.array(found.values, dtype).T), found.kind, found.classes, found.heads

    def _read(self, key: str) -> np.ndarray:
        try:
            array: np.ndarray = self.file[key]
            return array
        except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
            raise self._bad(f"{key} can't be read ({error})") from None

    def _bad(self, wanted: str) -> Exception:
        return problem(f"dataset.path={self.cfg.path}", wanted)
