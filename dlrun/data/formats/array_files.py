"""NumPy's files as named arrays: an archive of several, a single one, or a file for each class."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats import npz, test_arrays
from dlrun.data.formats.array_places import Named, Place, places
from dlrun.data.formats.arrays import Arrays, Header
from dlrun.data.formats.npz import ArrayFile
from dlrun.data.source import RawDataset

SOME = 64  # of rows that are not held


def arrays_of(cfg: Named) -> Arrays:
    """The arrays of a configuration's files; of the inputs only the shapes are read.  Raises ConfigError."""
    own, *apart = places(cfg)
    found = _opened(cfg, own)
    classes = tuple(sorted(own.path)) if isinstance(own.path, dict) else ()
    for place in apart:
        if tuple(sorted(place.path) if isinstance(place.path, dict) else ()) != classes:
            raise problem(place.given, f"expected a file for each of the classes {', '.join(classes)}" if classes else
                          "expected a file; dataset.path names none for each class")
        found = test_arrays.beside(found, _opened(cfg, place))
    arrays = Arrays(found.names, found.header, found.read, targets="classes" if classes else cfg.targets,
                    given=found.given, source=own.inputs()[0].name, classes=classes, layout=cfg.layout, floats=True,
                    choose="; dataset.x=NAME and dataset.y=NAME choose others", fewest=cfg.fewest)
    if apart and not classes:
        test_arrays.refuse_strange_classes(arrays, apart[0].given)
    return arrays


def check_unit(source: RawDataset) -> None:
    """Raise ConfigError for pictures of floats beyond [0, 1]; of those that are not held some are looked at."""
    if source.data_spec.input_kind != "image":
        return
    some = (stream.at(np.arange(min(len(stream.numbers), SOME)))[0] for stream in source.streams.values())
    for x in (source.x, source.x_test, *some):
        if x is not None and x.dtype.kind == "f" and x.size and not 0 <= x.min() <= x.max() <= 1:
            raise problem("dataset.scale", f"the pictures' numbers go from {x.min():.4g} to {x.max():.4g}; "
                          "expected 0 to 1, or  dataset.scale=standard  (or none)")


def read_later(cfg: Named) -> RawDataset:
    """The rows of a .npy file, read when a step needs them; its targets are held."""
    from dlrun.data.formats.objects import dataset_of
    from dlrun.data.source import complete

    own, *apart = places(cfg)
    named = _mapped(cfg, own)
    if apart:
        named = {f"{key}_train": array for key, array in named.items()}
        named |= {f"{key}_test": array for key, array in _mapped(cfg, apart[0]).items()}
    return complete(dataset_of(named, own.given, cfg.targets, cfg.layout, in_memory=False))


def _mapped(cfg: Named, place: Place) -> dict[str, np.ndarray]:
    try:
        x = np.load(place.inputs()[0], mmap_mode="r", allow_pickle=False)
    except Exception as error:  # what NumPy raises for a file that it takes for one of its own, and is not
        raise problem(place.given, f"expected a NumPy .npy file ({error})") from None
    if not isinstance(x, np.ndarray):
        raise problem(place.given, "expected a .npy file, as dataset.path is one")
    if not x.ndim:
        raise problem(place.given, "expected rows; it holds a single value")
    if cfg.shape:
        _fitting("x", x.shape, cfg.shape)
        x = x.reshape(len(x), *cfg.shape)
    named = {"x": x}
    if place.targets_path:
        file = npz.open_file(place.targets(), place.targets_given)
        _one_array(file, place.targets())
        named["y"] = file.read(file.names[0])
    return named


def _opened(cfg: Named, place: Place) -> ArrayFile:
    found = _by_class(cfg, place) if isinstance(place.path, dict) else _of_one(cfg, place)
    return _shaped(found, cfg.shape) if cfg.shape else found


def _of_one(cfg: Named, place: Place) -> ArrayFile:
    (path,) = place.inputs()
    if path.suffix != ".npy":
        if place.targets_path:
            raise problem(place.targets_given, "it stands beside a .npy file of inputs; "
                          "dataset.y names the array of targets in a .npz file")
        return _renamed(npz.open_file(path, place.given), cfg)
    for key in ("x", "y"):
        if name := getattr(cfg, key):
            raise problem(f"dataset.{key}={name}", "a .npy file has one array, without a name"
                          + ("; its targets are those of  dataset.targets_path=FILE.npy" if key == "y" else ""))
    files = {"x": npz.open_file(path, place.given)}
    _one_array(files["x"], path)
    if place.targets_path:
        files["y"] = npz.open_file(place.targets(), place.targets_given)
        _one_array(files["y"], place.targets())
    return ArrayFile(place.given, list(files), lambda key: files[key].header(files[key].names[0]),
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


def _by_class(cfg: Named, place: Place) -> ArrayFile:
    """The inputs of a file for each class, end to end in the order of their names."""
    assert isinstance(place.path, dict)
    if cfg.y or place.targets_path:
        raise problem(f"dataset.y={cfg.y}" if cfg.y else place.targets_given,
                      "the targets are the names that the files are given under")
    files = {}
    for name, path in zip(sorted(place.path), place.inputs()):
        file = npz.open_file(path, f"dataset.{place.key}path.{name}={place.path[name]}")
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

    return ArrayFile(f"dataset.{place.key}path={{{', '.join(files)}}}", ["x", "y"], header, read)


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
