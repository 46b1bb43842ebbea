"""Single arrays that take long to make, kept beside the decoded data sets under names that say what they are of."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.data.cache import folder
from dlrun.record import digest

if TYPE_CHECKING:
    import numpy as np


def load_array(name: str) -> np.ndarray | None:
    """An array that `store_array` has kept under this name; None where there is none, or a damaged one."""
    files = (folder() / "arrays").glob(f"{name}-{'[0-9a-f]' * 8}.npy")
    return next((found for file in files if (found := _whole(file)) is not None), None)


def load_arrays(prefix: str) -> Iterator[np.ndarray]:
    """All arrays whose names are `prefix`, a hyphen and something else; damaged ones are left out."""
    for file in sorted((folder() / "arrays").glob(f"{prefix}-*-{'[0-9a-f]' * 8}.npy")):
        if (found := _whole(file)) is not None:
            yield found


def _whole(file: Path) -> np.ndarray | None:
    """The array in a file; None where it is not what was written, or is gone."""
    import numpy as np

    with contextlib.suppress(OSError, ValueError, EOFError):
        data = file.read_bytes()
        if digest.hexadecimal(digest.extend(0, data)) == file.stem.rpartition("-")[2]:
            found: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
            return found
    return None


def store_array(name: str, array: np.ndarray) -> None:
    """Keep an array that takes long to make; it is made again where the cache cannot be written.

    The file's name ends with its checksum, so that both are there at once.
    """
    import numpy as np

    with contextlib.suppress(OSError):
        place = folder() / "arrays"
        place.mkdir(parents=True, exist_ok=True)
        handle, work = tempfile.mkstemp(prefix=".writing-", suffix=".npy", dir=place)
        with os.fdopen(handle, "wb") as stream:
            np.save(stream, array, allow_pickle=False)
        os.replace(work, place / f"{name}-{digest.hexadecimal(digest.of_file(work))}.npy")
