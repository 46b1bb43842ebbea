"""Checksums of files (CRC32C), by which a file that was changed after it was written is known.

They find accidents (a bad disk, a cut copy, an edit by hand), not a forger.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

from dlrun.record.stored import regular_handle

_BLOCK = 1 << 20  # bytes read at once
SEAL = "crc32c"  # the key by which a JSON mapping carries its own checksum


def extend(crc: int, data: bytes | memoryview) -> int:
    """The checksum of more bytes behind those that came to `crc` (0 for none)."""
    import google_crc32c

    found: int = google_crc32c.extend(crc, data if isinstance(data, bytes) else bytes(data))
    return found


def hexadecimal(crc: int) -> str:
    """A checksum as it is stored: eight hexadecimal digits."""
    return f"{crc:08x}"


def of_stream(file: BinaryIO, size: int | None = None) -> int:
    """The checksum of the next `size` bytes of a file; of all that follow without one."""
    crc, left = 0, size
    while left is None or left > 0:
        block = file.read(_BLOCK if left is None else min(_BLOCK, left))
        if not block:
            break
        crc, left = extend(crc, block), None if left is None else left - len(block)
    return crc


def of_file(path: str | os.PathLike[str]) -> int:
    """The checksum of a file's bytes; raises OSError."""
    with open(path, "rb", buffering=0, opener=regular_handle) as file:
        return of_stream(file)


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping of JSON types with its own checksum as the last key; `unsealed` tests it."""
    return {**content, SEAL: hexadecimal(_sum(content))}


def unsealed(content: dict[str, Any]) -> dict[str, Any]:
    """A sealed mapping without its checksum; raises ValueError where it is not the one that was sealed."""
    rest = {key: value for key, value in content.items() if key != SEAL}
    if content.get(SEAL) != hexadecimal(_sum(rest)):
        raise ValueError("its checksum is wrong (edited by hand, or damaged)" if SEAL in content else
                         "it has no checksum")
    return rest


def _sum(content: Mapping[str, Any]) -> int:
    return extend(0, json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode())
