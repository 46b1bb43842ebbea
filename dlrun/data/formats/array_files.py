"""NumPy's files as named arrays: an archive of several, a single one, or a file for each class."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats import npz
from dlrun.data.formats.arrays import Arrays, Header
from dlrun.data.formats.npz import ArrayFile
from dlrun.data.source import RawDataset


class Named(Protocol):
    """What says which arrays of which files are meant: see `dlrun.data.sets.npz.Npz`."""

    @property
    def path(self) -> str | dict[str, str]:
        """A file, or one for each class."""

    @property
    def targets_path(self) -> str:
        """The file of the targets beside a single array; empty: none."""

    @property
    def x(self) -> str:
        """The array of inputs, by its name; empty: x or x_train."""

    @property
    def y(self) -> str:
        """The array of targets, by its name; empty: y or y_train."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one input, where rows are stored flat."""

    @property
    def targets(self) -> str | tuple[str, ...]:
        """What the targets are: auto, classes, number."""

    @property
    def layout(self) -> str:
        """What three dimensions are: auto, series."""

    @property
    def scale(self) -> str:
        """How inputs are scaled."""


def arrays_of(cfg: Named, paths: list[Path]) -> Arrays:
    """The arrays of a configuration's files; of the inputs only the shapes are read.  Raises ConfigError."""
    found = _by_class(cfg, paths) if isinstance(cfg.path, dict) else _of_one(cfg, paths)
    if cfg.shape:
        found = _shaped(found, cfg.shape)
    classes = tuple(sorted(cfg.path)) if isinstance(cfg.path, dict) else ()
    return Arrays(found.names, found.header, found.read, targets="classes" if classes else cfg.targets,
                  given=found.given, source=paths[0].name, classes=classes, layout=cfg.layout, floats=True,
                  choose="; dataset.x=NAME and dataset.y=NAME choose others",
                  unit=cfg.scale in ("auto", "unit", "symmetric"))


def read_later(cfg: Named, path: Path) -> RawDataset:
    """The rows of a .npy file, read when a step needs them; its targets are held."""
    from dlrun.data.formats.objects import dataset_of
    from dlrun.data.source import complete

    given = f"dataset.path={cfg.path}"
    try:
        x = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # what NumPy raises for a file that it takes for one of its own, and is not
        raise problem(given, f"expected a NumPy .npy file ({error})") from None
    if not x.ndim:
        raise problem(given, "expected rows; it holds a single value")
    if cfg.shape:
        _fitting("x", x.shape, cfg.shape)
        x = x.reshape(len(x), *cfg.shape)
    named = {"x": x}
    if cfg.targets_path:
        named["y"] = _single(Path(cfg.targets_path).expanduser(), f"dataset.targets_path={cfg.targets_path}")
    return complete(dataset_of(named, given, cfg.targets, cfg.layout, in_memory=False))


def _of_one(cfg: Named, paths: list[Path]) -> ArrayFile:
    given = f"dataset.path={cfg.path}"
    if paths[0].suffix != ".npy":
        if cfg.targets_path:
            raise problem(f"dataset.targets_path={cfg.targets_path}", "it stands beside a .npy file of inputs; "
                          "dataset.y names the array of targets in a .npz file")
        return _renamed(npz.open_file(paths[0], given), cfg)
    for key in ("x", "y"):
        if name := getattr(cfg, key):
            raise problem(f"dataset.{key}={name}", "a .npy file has one array, without a name"
                          + ("; its targets are those of  dataset.targets_path=FILE.npy" if key == "y" else ""))
    files = {"x": npz.open_file(paths[0], given)}
    if cfg.targets_path:
        files["y"] = npz.open_file(paths[1], f"dataset.targets_path={cfg.targets_path}")
    for key, file in files.items():
        _one_array(file, paths[0 if key == "x" else 1])
    return ArrayFile(given, list(files), lambda key: files[key].header(files[key].names[0]),
                     lambda key: files[key].read(files[key].names[0]))


def _renamed(file: ArrayFile, cfg: Named) -> ArrayFile:
    """The file's arrays with those that are chosen as x and y; the two, or the one, that has no name are these too."""
    chosen = {key: getattr(cfg, key) for key in ("x", "y") if getattr(cfg, key)}
    for key, name in chosen.items():
        if name not in file.names:
            raise problem(f"dataset.{key}={name}", f"expected one of its arrays: {', '.join(file.names)}")
    if not chosen and not {"x", "x_train"} & set(file.names):
        unnamed = [f"arr_{place}" for place in range(len(file.names))]
        if 1 <= len(unnamed) <= 2 and set(unnamed) == set(file.names):  # numpy.savez(FILE, inputs, targets)
            chosen = dict(zip("xy", unnamed))
        elif len(file.names) == 1:
            chosen = {"x": file.names[0]}
    if not chosen:
        return file
    if "x" not in chosen:
        chosen = {**{name: name for name in file.names if name.startswith("x")}, **chosen}
    return ArrayFile(file.given, list(chosen), lambda key: file.header(chosen[key]), lambda key: file.read(chosen[key]))


def _by_class(cfg: Named, paths: list[Path]) -> ArrayFile:
    """The inputs of a file for each class, end to end in the order of their names."""
    assert isinstance(cfg.path, dict)
    if cfg.y or cfg.targets_path:
        key = "y" if cfg.y else "targets_path"
        raise problem(f"dataset.{key}={getattr(cfg, key)}", "the targets are the names that the files are given under")
    files = {}
    for name, path in zip(sorted(cfg.path), paths):
        file = npz.open_file(path, f"dataset.path.{name}={cfg.path[name]}")
        if cfg.x and cfg.x not in file.names:
            raise problem(f"dataset.x={cfg.x}", f"expected one of the arrays of {path.name}: {', '.join(file.names)}")
        if not cfg.x and "x" not in file.names:
            _one_array(file, path)
        chosen = cfg.x or ("x" if "x" in file.names else file.names[0])
        if not file.header(chosen)[0]:
            raise problem(file.given, "expected rows; it holds a single value")
        files[name] = (file, chosen)
    headers = {name: file.header(chosen) for name, (file, chosen) in files.items()}
    first, (shape, dtype) = next(iter(headers.items()))
    for name, (other, kind) in headers.items():
        if other[1:] != shape[1:] or kind != dtype:
            raise problem(files[name][0].given, f"its inputs are {kind} {other}, and those of {first} {dtype} {shape}; "
                          "they must agree, rows aside")
    counts = [rows for (rows, *_), _ in headers.values()]

    def header(key: str) -> Header:
        return ((sum(counts), *shape[1:]), dtype) if key == "x" else ((sum(counts),), np.dtype(np.int64))

    def read(key: str) -> np.ndarray:
        if key == "y":
            return np.repeat(np.arange(len(files)), counts)
        return np.concatenate([file.read(chosen) for file, chosen in files.values()])

    return ArrayFile(f"dataset.path={{{', '.join(files)}}}", ["x", "y"], header, read)


def _shaped(file: ArrayFile, shape: tuple[int, ...]) -> ArrayFile:
    """Inputs of another shape: rows are cut into it."""
    def header(key: str) -> Header:
        stored, dtype = file.header(key)
        if not key.startswith("x") or not stored:  # a single value is refused as one without rows
            return stored, dtype
        _fitting(key, stored, shape)
        return (stored[0], *shape), dtype

    def read(key: str) -> np.ndarray:
        array = file.read(key)
        return array.reshape(len(array), *shape) if key.startswith("x") else array

    return ArrayFile(file.given, file.names, header, read)


def _fitting(key: str, stored: tuple[int, ...], shape: tuple[int, ...]) -> None:
    size = math.prod(stored[1:])
    if size != math.prod(shape):
        raise problem(f"dataset.shape=[{','.join(map(str, shape))}]",
                      f"it has {math.prod(shape):,} values, and a row of {key} {size:,}")


def _one_array(file: ArrayFile, path: Path) -> None:
    if len(file.names) != 1:
        raise problem(file.given, f"expected one array in {path.name}, or x; it has {', '.join(file.names)}"
                      " (dataset.x=NAME chooses)")


def _single(path: Path, given: str) -> np.ndarray:
    file = npz.open_file(path, given)
    _one_array(file, path)
    return file.read(file.names[0])


