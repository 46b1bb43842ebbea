"""Reading files that a user, or a folder from elsewhere, has put in place: regular ones, and no more than fits."""

from __future__ import annotations

import errno
import gzip
import os
import stat
import zlib
from pathlib import Path

INFLATED = 4 << 30  # bytes that a compressed file may unpack to, where no header says how many they are


def read_regular(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a regular file; OSError for a pipe or a device, which might be waited for without end."""
    with open(path, "rb", opener=_regular) as file:
        return file.read()


def _regular(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    folder = stat.S_ISDIR(os.fstat(handle).st_mode)
    os.close(handle)
    found = "a folder" if folder else "no regular file"
    raise OSError(errno.EISDIR if folder else errno.EINVAL, f"it is {found}", path)


def read_inflated(path: Path, most: int = INFLATED) -> bytes:
    """The bytes of a file, unpacked where it is a .gz.

    Raises ValueError for one that is damaged, or unpacks to more than `most` bytes.
    """
    if path.suffix != ".gz":
        return read_regular(path)
    try:
        with open(path, "rb", opener=_regular) as packed, gzip.GzipFile(fileobj=packed) as file:
            data = file.read(most + 1)
    except (zlib.error, EOFError, gzip.BadGzipFile) as error:
        raise ValueError(f"it is damaged ({error})") from None
    if len(data) > most:
        raise ValueError(f"it unpacks to more than {most:,} bytes")
    return data


def memory() -> int:
    """Bytes of this machine's memory; a large number where nobody says."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):  # Windows
        return 1 << 46
