"""The runs beside a new one, as it looks for those that it could go on from: hundreds of them in a sweep.

What is looked for in a file is kept, and the file read again only where it has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from dlrun.record.folder import RunFolder
from dlrun.record.stored import Damaged, read_json

_RECENT = 2_000_000_000  # nanoseconds: FAT's clock stands still so long, and a change is then not seen
_MOST = 10_000  # files that are kept: some sweeps' folders
_seen: dict[str, tuple[tuple[int, ...], Any]] = {}  # by path: the file's state, and what was found in it


def same_steps(folder: RunFolder, prefix: str) -> Iterator[RunFolder]:
    """The runs beside this one that were begun with the same prefix (`config.identity.prefix_identity`)."""
    return _beside(folder, "provenance.json", lambda other: read_json(other.provenance).get("prefix"),
                   lambda found: found == prefix)


def unfinished(folder: RunFolder) -> Iterator[RunFolder]:
    """The runs beside this one that have a checkpoint, and no result or that of an interrupted run."""
    for other in _beside(folder, "result.json", _status, lambda found: found == "interrupted", missing="interrupted"):
        if other.last.is_file():
            yield other


def _status(other: RunFolder) -> Any:
    """The status in a result; of an interrupted run only where the whole is one."""
    found = read_json(other.result_file).get("status")
    return found if found != "interrupted" else (other.result() or {}).get("status")


def _beside(folder: RunFolder, name: str, look: Callable[[RunFolder], Any], fits: Callable[[Any], bool],
            missing: Any = None) -> Iterator[RunFolder]:
    """The runs beside this one (of a fold the same folds) in whose file `look` finds what fits; None if it is broken.

    Paths are texts until then: of many runs nearly none fits.
    """
    above = str(folder.run.parent)
    for run in folder.beside():
        place = os.path.join(above, run, folder.inside) if folder.inside else os.path.join(above, run)
        if fits(_found(place, os.path.join(place, name), look, missing)):
            yield RunFolder(place, folder.inside)


def _found(place: str, path: str, look: Callable[[RunFolder], Any], missing: Any) -> Any:
    now = time.time_ns()
    try:
        file = os.stat(path)
    except OSError:
        return missing
    state = file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns
    known, found = _seen.get(path, (None, None))
    if known != state:
        try:
            found = look(RunFolder(place))
        except (Damaged, FileNotFoundError):  # it is for its own command to report
            found = None
        if now - max(file.st_mtime_ns, file.st_ctime_ns) > _RECENT:
            if len(_seen) >= _MOST:
                _seen.clear()
            _seen[path] = state, found
    return found
