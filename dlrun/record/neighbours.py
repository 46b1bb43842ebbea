"""The runs beside a new one, as it looks for those that it could go on from: hundreds of them in a sweep.

What is looked for in a file is kept, and the file read again only where it has changed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from dlrun.record.folder import RunFolder
from dlrun.record.stored import Damaged, read_json

_RECENT = 2_000_000_000  # nanoseconds: FAT's clock stands still so long, and a change is then not seen
_MOST = 10_000  # files that are kept: some sweeps' folders
_Look = Callable[[RunFolder], Any]
# By path and what looks into the file: its state, and what was found in it.
_seen: dict[tuple[str, _Look], tuple[tuple[int, ...], Any]] = {}


def same_steps(folder: RunFolder, prefix: str) -> Iterator[RunFolder]:
    """The runs beside this one that were begun with the same prefix (`config.identity.prefix_identity`)."""
    return _beside(folder, "provenance.json", _prefix, lambda found: found == prefix)


def _prefix(other: RunFolder) -> Any:
    return read_json(other.provenance).get("prefix")


def unfinished(folder: RunFolder) -> Iterator[RunFolder]:
    """The runs beside this one that have a checkpoint, and no result or that of an interrupted run."""
    for other in _beside(folder, "result.json", _status, lambda found: found == "interrupted", missing="interrupted"):
        if other.last.is_file():
            yield other


def of_code(folder: RunFolder, seed: int, code: Mapping[str, str]) -> Iterator[RunFolder]:
    """The runs beside this one of its seed, with code of a user's own in the same modules, whose source is another."""
    def fits(found: Any) -> bool:
        return found is not None and found[0] == seed and found[1].keys() == code.keys() and found[1] != code

    return _beside(folder, "provenance.json", _seed_and_code, fits)


def _seed_and_code(other: RunFolder) -> tuple[Any, Mapping[str, Any]] | None:
    found = read_json(other.provenance)
    code = found.get("own_code")
    return (found.get("seed"), code) if isinstance(code, dict) else None


def _status(other: RunFolder) -> Any:
    """The status in a result; of an interrupted run only where the whole is one."""
    found = read_json(other.result_file).get("status")
    return found if found != "interrupted" else (other.result() or {}).get("status")


def _beside(folder: RunFolder, name: str, look: _Look, fits: Callable[[Any], bool],
            missing: Any = None) -> Iterator[RunFolder]:
    """The runs beside this one (of a fold the same folds) in whose file `look` finds what fits; None if it is broken.

    Paths are texts until then: of many runs nearly none fits.
    """
    above = str(folder.run.parent)
    for run in folder.beside():
        place = os.path.join(above, run, folder.inside) if folder.inside else os.path.join(above, run)
        if fits(_found(place, os.path.join(place, name), look, missing)):
            yield RunFolder(place, folder.inside)


def _found(place: str, path: str, look: _Look, missing: Any) -> Any:
    now = time.time_ns()
    try:
        file = os.stat(path)
    except OSError:
        return missing
    state = file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns
    known, found = _seen.get((path, look), (None, None))
    if known != state:
        try:
            found = look(RunFolder(place))
        except (Damaged, FileNotFoundError):  # it is for its own command to report
            found = None
        if now - max(file.st_mtime_ns, file.st_ctime_ns) > _RECENT:
            if len(_seen) >= _MOST:
                _seen.clear()
            _seen[path, look] = state, found
    return found
