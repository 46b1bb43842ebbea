"""MNIST and Fashion-MNIST: the IDX files, gzipped or unpacked, read in place."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known, paths
from dlrun.data.download import download
from dlrun.data.source import DatasetFiles, RawDataset


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The four files, below the data folder or the cache; downloaded into the cache where they are missing."""
    kind = cfg.kind
    files = _files(kind, data_dir)
    if files is None:
        wanted = f"{known.IDX_FOLDERS[kind]}/ with {', '.join(f'{name}.gz' for name in known.IDX_FILES)}"
        download(kind, data_dir, wanted, say)
        files = _files(kind, data_dir)
        if files is None:
            raise paths.absent(kind, data_dir, wanted, "the download did not bring them")
    chosen = files
    return DatasetFiles(chosen, lambda _: _decode(kind, chosen))


def _files(kind: str, data_dir: str) -> list[Path] | None:
    for root in paths.roots(data_dir):
        folder = root / known.IDX_FOLDERS[kind]
        files = []
        for name in known.IDX_FILES:
            there = [file for file in (folder / f"{name}.gz", folder / name) if file.is_file()]
            files += there[:1]
        if len(files) == len(known.IDX_FILES):
            return files
    return None


def _decode(kind: str, files: list[Path]) -> RawDataset:
    x, y, x_test, y_test = (idx(file) for file in files)
    about = known.SETS[kind]
    for images, labels, file in ((x, y, files[0]), (x_test, y_test, files[2])):
        if images.ndim != 3 or images.shape[1:] != about.data_spec.input_shape[1:] or labels.shape != images.shape[:1]:
            raise problem(f"dataset={kind}", f"{file} holds {images.shape} images and {labels.shape} labels")
        if labels.max(initial=0) >= len(about.data_spec.classes):
            raise problem(f"dataset={kind}", f"a label beside {file.name} is above 9")
    return RawDataset(
        about.data_spec, x[:, None], y.astype(np.int64), x_test=x_test[:, None], y_test=y_test.astype(np.int64),
        levels=about.levels,
    )


def idx(file: Path) -> np.ndarray:
    """The array of an IDX file of bytes.  Raises ConfigError for a damaged one."""
    try:
        data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        zero, kind, dimensions = struct.unpack_from(">HBB", data)
        shape = struct.unpack_from(f">{dimensions}I", data, 4)
        if zero or kind != 8:  # 8: unsigned bytes, the only kind in these sets
            raise ValueError(f"starts with {data[:4].hex()}")
        return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
    except (ValueError, struct.error, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise problem(str(file), f"a whole IDX file is wanted; this one can't be read ({error})") from None
