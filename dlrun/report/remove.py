"""Removing runs: what surely is a run's folder, and nobody works in."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from dlrun.record.folder import RunFolder, clear
from dlrun.record.lock import Busy, RunLock
from dlrun.record.stored import read_json


def keep_reason(folder: Path) -> str:
    """Why a folder must not be removed; empty where it may.  A run's own files have to name the folder's id."""
    if folder.is_symlink():
        return "it is a link"
    place = RunFolder(folder)
    ids = set()
    for file in (place.result_file, place.provenance):
        try:
            ids.add(read_json(file).get("id"))
        except (OSError, ValueError):
            continue
    return "" if ids == {folder.name} else "nothing in it says that it is the run of this id"


def remove(folder: Path) -> str:
    """Remove a run; the reason why it was kept, or an empty text.  The folder above goes too when it is empty then."""
    reason = keep_reason(folder)
    if reason:
        return reason
    place = RunFolder(folder)
    try:
        with RunLock(folder):
            clear(place, whole=True)
            place.lock.unlink()  # last, so that nobody has started a run in what is being removed
    except Busy as busy:
        return f"process {busy.pid} on {busy.host} works on it"
    try:
        folder.rmdir()
    except OSError as error:  # somebody has begun a run there, or the folder above may not be written
        return f"its files are gone, but not the folder ({error.strerror})"
    with suppress(OSError):  # there are other runs
        folder.parent.rmdir()
    return ""


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
