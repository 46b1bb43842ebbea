"""The small sets that come with scikit-learn, read from its files; importing scikit-learn would cost a second."""

from __future__ import annotations

import gzip
import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known, paths
from dlrun.data.dataset_spec import Column
from dlrun.data.source import RawDataset

FILES = {
    "digits": "digits.csv.gz", "digits_rows": "digits.csv.gz", "iris": "iris.csv", "wine": "wine_data.csv",
    "breast_cancer": "breast_cancer.csv", "diabetes": "diabetes_data_raw.csv.gz",
}
DIABETES_TARGET = "diabetes_target.csv.gz"


@lru_cache
def read(kind: str) -> RawDataset:
    """The rows of an embedded set, read once in a process; read-only arrays, `content` is not filled in yet."""
    source = _read(kind)
    for array in (source.x, source.y):
        assert array is not None
        array.flags.writeable = False
    return source


def _read(kind: str) -> RawDataset:
    file = _file(kind, FILES[kind])
    about = known.SETS[kind]
    files = {file.name: paths.sha256(file)}
    if kind == "diabetes":
        numbers = _file(kind, DIABETES_TARGET)
        rows = np.concatenate([_numbers(file, None, 0), _numbers(numbers, None, 0)], 1)
        files[numbers.name] = paths.sha256(numbers)
    else:
        # The first line of a table has its rows, columns and class names.
        rows = _numbers(file, ",", 0 if kind.startswith("digits") else 1)
    if rows.shape != (about.rows["train"], int(np.prod(about.data_spec.input_shape)) + 1):
        raise problem(f"dataset={kind}", f"{file} holds {rows.shape} numbers; another scikit-learn is wanted")
    y = rows[:, -1].astype(np.float32 if about.data_spec.target_kind == "number" else np.int64)
    if kind.startswith("digits"):
        x = rows[:, :-1].astype(np.uint8).reshape(-1, 1, 8, 8)
        if kind == "digits_rows":  # line t is step t: its 8 pixels are the features
            x = np.ascontiguousarray(x[:, 0].transpose(0, 2, 1))
        return RawDataset(about.data_spec, x, y, levels=about.levels, files=files)
    columns = tuple(Column(name, "number") for name in about.data_spec.features)
    return RawDataset(about.data_spec, rows[:, :-1].astype(np.float32), y, columns=columns, files=files)


def _numbers(file: Path, separator: str | None, skip: int) -> np.ndarray:
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return np.array([line.split(separator) for line in text.decode().splitlines()[skip:]], np.float64)


def _file(kind: str, name: str) -> Path:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise problem(f"dataset={kind}", "its file comes with scikit-learn, which is not installed")
    file = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / name
    if not file.is_file():
        raise problem(f"dataset={kind}", f"{file} is missing; scikit-learn is not installed whole")
    return file
