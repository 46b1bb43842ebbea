"""What a start finds in its run's folder, and what it removes there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dlrun.record.folder import RunFolder


def result_of(folder: RunFolder) -> dict[str, Any] | None:
    """The result that a folder holds, None without one; raises Damaged for a file that is none."""
    return folder.result()


def folders_to_create(folder: RunFolder) -> list[Path]:
    """The folders that a run will have to make, innermost first."""
    path = folder.path.absolute()
    return [place for place in (path, *list(path.parents)[:2]) if not place.exists()]


def remove_new_folders(folder: RunFolder, new: list[Path]) -> None:
    """Remove the folders that this start made and wrote nothing to: what could not begin leaves no trace."""
    if folder.path.absolute() not in new:
        return
    for inner in (folder.checkpoints, folder.pictures):
        if inner.is_dir() and not any(inner.iterdir()):
            inner.rmdir()
    if [entry.name for entry in folder.path.iterdir()] != ["lock"]:
        return
    folder.lock.unlink()  # nobody else can hold it: the folder is as old as this start
    for place in new:
        if any(place.iterdir()):
            return
        place.rmdir()


def remove_halves(folder: RunFolder) -> None:
    """Remove the halves of files that a killed process was writing; the lock is held, so nobody is writing now."""
    for place in (folder.path, folder.checkpoints, folder.pictures):
        for half in place.glob(".*.tmp"):
            half.unlink()


def truncate_to_checkpoint(folder: RunFolder) -> None:
    """Remove what an earlier start said of its end, but for metrics.jsonl: epochs will be trained again.

    Halves of files go too; see `remove_halves`.
    """
    remove_halves(folder)
    folder.result_file.unlink(missing_ok=True)
    folder.manifest.unlink(missing_ok=True)
    folder.traceback.unlink(missing_ok=True)
