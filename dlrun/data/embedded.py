"""The small sets that come with scikit-learn, read from its files; importing scikit-learn would cost a second."""

from __future__ import annotations

import gzip
import importlib.util
from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known, paths
from dlrun.data.signature import Column
from dlrun.data.source import Source

FILES = {"digits": "digits.csv.gz", "iris": "iris.csv", "wine": "wine_data.csv", "breast_cancer": "breast_cancer.csv"}


def read(kind: str) -> Source:
    """The rows of an embedded set; `content` is not filled in yet."""
    file = _file(kind)
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    lines = text.decode().splitlines()
    if kind != "digits":
        lines = lines[1:]  # rows, columns and class names
    rows = np.array([line.split(",") for line in lines], np.float64)
    about = known.SETS[kind]
    if rows.shape != (about.rows["train"], int(np.prod(about.signature.input_shape)) + 1):
        raise problem(f"dataset={kind}", f"{file} holds {rows.shape} numbers; another scikit-learn is wanted")
    y = rows[:, -1].astype(np.int64)
    files = {file.name: paths.sha256(file)}
    if kind == "digits":
        x = rows[:, :-1].astype(np.uint8).reshape(-1, 1, 8, 8)
        return Source(about.signature, x, y, levels=about.levels, files=files)
    columns = tuple(Column(name, "number") for name in about.signature.features)
    return Source(about.signature, rows[:, :-1].astype(np.float32), y, columns=columns, files=files)


def _file(kind: str) -> Path:
    spec = importlib.util.find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise problem(f"dataset={kind}", "its file comes with scikit-learn, which is not installed")
    file = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / FILES[kind]
    if not file.is_file():
        raise problem(f"dataset={kind}", f"{file} is missing; scikit-learn is not installed whole")
    return file
