"""What lies in the cache folder, entry by entry, and its removal: all of it can be made again.

Its folder `data` is none of the cache's: a user may keep data files there.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dlrun.data.cache import folder

_DECODED = re.compile(r"(?P<what>.+)-[0-9a-f]{16}-[0-9a-f]{16}")
_ARRAY = re.compile(r"(?P<what>.+?)(-[0-9a-f]{8,})*\.npy")
HALF = "half-written"  # left by a process that was killed, or written at this moment


@dataclass(frozen=True)
class Entry:
    """One that is made at once, and can be removed at once; `what` names the data set or the computation."""

    what: str
    path: Path
    bytes: int
    made: float  # seconds since 1970

    def remove(self) -> None:
        """Remove it; a run that has it open keeps what it has opened.  Raises OSError where that is not allowed."""
        try:
            if self.path.is_dir() and not self.path.is_symlink():
                shutil.rmtree(self.path)
            else:
                self.path.unlink()
        except FileNotFoundError:
            pass  # another process was faster


def entries() -> list[Entry]:
    """All entries, by what they are and when they were made; none where there is no cache."""
    found = [*_below("decoded", _DECODED), *_below("arrays", _ARRAY)]
    others = ("baselines", "bases", "steps", "tensorboard", "trials")
    found += [entry for name in others for entry in _below(name, None)]
    return sorted(found, key=lambda entry: (entry.what, entry.made, entry.path))


def _below(name: str, pattern: re.Pattern[str] | None) -> Iterator[Entry]:
    place = folder() / name
    for path in place.iterdir() if place.is_dir() else ():
        matched = pattern.fullmatch(path.name) if pattern else None
        what = HALF if path.name.startswith(".") else matched["what"] if matched else name
        try:
            yield Entry(what, path, size(path), path.lstat().st_mtime)
        except FileNotFoundError:
            continue


def size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if not path.is_dir():
        return path.lstat().st_size
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
