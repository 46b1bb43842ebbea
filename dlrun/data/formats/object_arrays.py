"""Arrays of integer lists or arrays in .npz files, as Keras stores texts and sketch-rnn drawings, read without running
what a pickle may name."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.regular_file import INFLATED


class _Lists(pickle.Unpickler):
    """Reads NumPy's array of objects and in it lists and integers; refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "_reconstruct" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
            return _reconstruct
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"the name {module}.{name} does not belong into an array of integer lists")


def _reconstruct(kind: type, shape: tuple[int, ...], code: bytes) -> np.ndarray:
    """NumPy's own function, for what NumPy writes: an empty array, whose content comes afterwards."""
    if kind is not np.ndarray or shape != (0,):
        raise pickle.UnpicklingError("an array begins with another shape than (0,)")
    return np.empty(0)


def arrays(path: Path, given: str) -> dict[str, np.ndarray]:
    """The arrays of an .npz file by name; those of objects hold lists of integers, or arrays: the caller looks.

    `given` is what a problem is about.  Raises ConfigError for a file that is damaged or holds anything else.
    """
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if archive.getinfo(member).file_size > INFLATED:
                    raise ValueError(f"{member} unpacks to more than {INFLATED:,} bytes")
                with archive.open(member) as file:
                    found[member.removesuffix(".npy")] = _array(file)
    except Exception as error:  # a damaged pickle raises anything; it can name nothing
        reason = str(error) or type(error).__name__
        raise problem(given, f"{path} can't be read as arrays of integer lists ({reason})") from None
    return found


def _array(file: IO[bytes]) -> np.ndarray:
    major, _ = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if not dtype.hasobject:
        flat = np.frombuffer(file.read(), dtype, int(np.prod(shape)))
        return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
    array = _Lists(file, encoding="latin1").load()
    if not isinstance(array, np.ndarray) or array.shape != shape or array.ndim != 1:
        raise ValueError(f"an array of {shape} was announced")
    return array


def end_to_end(lists: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The integers of all lists, each after a 0 that marks its start (int32), and the spans of the rows (int64).

    Raises ValueError for anything but lists of integers.
    """
    pieces = []
    for row in lists:
        if not isinstance(row, list):
            raise ValueError(f"a row is {type(row).__name__}, not a list")
        piece = np.array([0, *row])
        if piece.dtype.kind != "i" or piece.ndim != 1:
            raise ValueError("a row holds something else than integers")
        pieces.append(piece.astype(np.int32))
    stops = np.cumsum([len(piece) for piece in pieces], dtype=np.int64)
    spans = np.stack([stops - [len(piece) for piece in pieces], stops], 1)
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int32), spans
