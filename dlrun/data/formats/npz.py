"""Named arrays in a file, NumPy's .npz; nothing in it is run."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats.arrays import Arrays, Header


def arrays(path: Path, targets: str | tuple[str, ...], given: str) -> Arrays:
    """The arrays of a file; of the inputs only the shapes are read.  Raises ConfigError about what was `given`."""
    try:
        file = np.load(path, allow_pickle=False)
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise problem(given, f"expected a NumPy .npz file ({error})") from None
    if not isinstance(file, np.lib.npyio.NpzFile):
        raise problem(given, "expected a .npz file with named arrays; this is a single array")

    def read(key: str) -> np.ndarray:
        try:
            array: np.ndarray = file[key]
            return array
        except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
            raise problem(given, f"{key} can't be read ({error})") from None

    return Arrays(file.files, lambda key: _header(path, key), read, targets=targets, given=given, source=path.name)


def _header(path: Path, key: str) -> Header:
    with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as member:
        major, _ = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(member)
    return shape, dtype
