"""NumPy's files, .npz and .npy; nothing in them is run."""

from __future__ import annotations

import math
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.regular_file import memory
from dlrun.data.formats.arrays import Header

PICKLE = "it is a pickle, which can run code as it is read; numpy.savez(FILE, x=..., y=...) writes arrays that can't"
OBJECTS = "it holds Python objects, which can run code as they are read; save it as numbers"


@dataclass(frozen=True)
class ArrayFile:
    """Arrays by name, of which `header` gives shape and dtype, `read` all; `given` is whom a problem is about."""

    given: str
    names: list[str]
    header: Callable[[str], Header]
    read: Callable[[str], np.ndarray]


def open_file(path: Path, given: str) -> ArrayFile:
    """The arrays of a file; that of a .npy file is called ``array``.  Raises ConfigError about what was `given`."""
    try:
        with open(path, "rb") as begin:
            magic = begin.read(2)
            if magic not in (b"PK", b"\x93N"):  # NumPy would take it for a pickle, and advise to load it
                raise ValueError(PICKLE if magic[:1] == b"\x80" else "it does not begin as one")
            begin.seek(0)
            if magic == b"\x93N" and _read_header(begin)[1].hasobject:
                raise ValueError(OBJECTS)
        file = np.load(path, allow_pickle=False, mmap_mode="r")  # a .npy file is read when its values are asked for
    except Exception as error:  # what NumPy raises for a file that it takes for one of its own, and is not
        raise problem(given, f"expected a NumPy .npz or .npy file ({_reason(error)})") from None
    if isinstance(file, np.lib.npyio.NpzFile) and any(name.endswith("data.pkl") for name in file.files):
        raise problem(given, f"expected a NumPy .npz or .npy file ({PICKLE})")  # what torch.save writes
    if not isinstance(file, np.lib.npyio.NpzFile):
        return ArrayFile(given, ["array"], lambda key: (file.shape, file.dtype), lambda key: np.asarray(file))

    def read(key: str) -> np.ndarray:
        header(key)  # it is as long as it says, and fits into memory
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                array: np.ndarray = file[key]
            return array
        except Exception as error:  # a wrong checksum, no memory for what it declares, an unknown compression ...
            raise problem(given, f"{key} can't be read ({_reason(error)})") from None

    def header(key: str) -> Header:
        try:
            return _header(path, key)
        except Exception as error:
            raise problem(given, f"{key} can't be read ({_reason(error)})") from None

    return ArrayFile(given, file.files, header, read)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _header(path: Path, key: str) -> Header:
    """Shape and dtype; raises anything for a member that is no array, or not as long as it says."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as member:
        shape, dtype = _read_header(member)
        there = archive.getinfo(f"{key}.npy").file_size - member.tell()
    if any(type(length) is not int or length < 0 for length in shape):
        raise ValueError(f"its header says that it has the shape {shape}")
    size = math.prod(shape) * dtype.itemsize
    if not dtype.hasobject and size != there:
        raise ValueError(f"it says {size:,} bytes {shape}, and has {there:,}")
    if size > memory():
        raise ValueError(f"it has {size:,} bytes {shape}, this machine's memory {memory():,}")
    return shape, dtype


def _read_header(member: IO[bytes]) -> Header:
    major, _ = np.lib.format.read_magic(member)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a header that Python 2 wrote
        shape, _, dtype = read(member)
    return shape, dtype
