"""IDX files of bytes, gzipped or unpacked (the form of MNIST)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.config.regular_file import read_inflated

LARGEST = 1 << 28  # bytes; MNIST's training pictures have 47 million


def idx(file: Path) -> np.ndarray:
    """The array of an IDX file of bytes.  Raises ConfigError for a damaged one."""
    try:
        data = read_inflated(file, LARGEST)
        zero, kind, dimensions = struct.unpack_from(">HBB", data)
        shape = struct.unpack_from(f">{dimensions}I", data, 4)
        if zero or kind != 8:  # 8: unsigned bytes, the only kind in these sets
            raise ValueError(f"starts with {data[:4].hex()}")
        return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
    except (OSError, ValueError, struct.error, EOFError, zlib.error) as error:
        raise problem(str(file), f"expected a whole IDX file; this one can't be read ({error})") from None
