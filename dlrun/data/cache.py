"""Decoded arrays, kept so that the second start is fast.

An entry is a folder `<kind>-<what was asked>-<state of the sources>` with one .npy an array and `about.json`.
It never changes: other settings or another size or time of a source file make another entry, and an entry of
an older state is removed.  An entry appears by one rename, so a reader sees all of it or nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import tempfile
import time
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.config.places import cache_dir
from dlrun.data.dataset_spec import Column, DatasetInfo, DatasetSpec

if TYPE_CHECKING:
    import numpy as np

    from dlrun.data.source import RawDataset

FORMAT = 2  # count up when readers change what they make of the same file
DAY = 86400.0  # seconds
LARGE = 32 * 2**20  # bytes; from here on arrays are mapped into memory instead of read


def folder() -> Path:
    """The cache folder: $DLRUN_CACHE, else the user's cache folder of this system.  It need not exist yet."""
    return cache_dir()


def entry(kind: str, asked: Any, paths: list[Path], state: Any = None) -> Path:
    """The entry's folder for a kind, the settings that decoding depends on, and the source files.

    `state` stands for the files' sizes and times where there are too many to list.
    """
    if state is None:
        state = [(stat.st_size, stat.st_mtime_ns) for stat in (path.stat() for path in paths)]
    base = _short([FORMAT, kind, asked, [str(path.resolve()) for path in paths]])
    return folder() / "decoded" / f"{kind}-{base}-{_short(state)}"


def _short(value: Any) -> str:
    return blake2b(json.dumps(value, default=str).encode(), digest_size=8).hexdigest()


def dataset_info(at: Path) -> DatasetInfo | None:
    """Signature and rows of an entry; None when there is none."""
    about = _about(at)
    return None if about is None else DatasetInfo(DatasetSpec.of(about["signature"]), about["rows"])


def load(at: Path) -> RawDataset | None:
    """The entry's arrays; None when there is no (whole) entry.

    Large ones are mapped, copy on write: they can be used as they lie, and all jobs and workers of a sweep share the
    one copy in the system's memory.
    """
    about = _about(at)
    if about is None:
        return None
    import numpy as np

    from dlrun.data.source import RawDataset

    arrays = {}
    try:
        for name in about["arrays"]:
            file = at / f"{name}.npy"
            arrays[name] = np.load(file, mmap_mode="c" if file.stat().st_size >= LARGE else None, allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None  # removed in this moment by a process that saw a newer source, or cut short with the machine
    columns = tuple(Column(**{**column, "words": tuple(column["words"])}) for column in about["columns"])
    rest = {key: about[key] for key in ("levels", "label", "files", "grouped", "content", "target")}
    arrays.setdefault("y", None)
    return RawDataset(DatasetSpec.of(about["signature"]), **arrays, **rest, columns=columns,
                      notes=tuple(about["notes"]), words=tuple(about["words"]))


def store(at: Path, source: RawDataset) -> None:
    """Write an entry and remove those of older states of the same files.  Raises OSError where it can't be written."""
    import numpy as np

    from dlrun.data.source import ARRAYS

    at.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".writing-", dir=at.parent))
    try:
        arrays = {name: array for name in ARRAYS if (array := getattr(source, name)) is not None}
        for name, array in arrays.items():
            np.save(work / f"{name}.npy", array, allow_pickle=False)
        rows = {split: len(arrays[name]) for split, name in (("train", "x"), ("val", "x_val"), ("test", "x_test"))
                if name in arrays}
        about = {
            "signature": dataclasses.asdict(source.data_spec), "rows": rows, "arrays": list(arrays),
            "levels": source.levels, "columns": [dataclasses.asdict(column) for column in source.columns],
            "label": source.label, "files": source.files, "notes": source.notes, "grouped": source.grouped,
            "content": source.content, "target": source.target, "words": source.words,
        }
        (work / "about.json").write_text(json.dumps(about), encoding="utf-8")
        _publish(work, at)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    base = at.name.rpartition("-")[0]
    for older in at.parent.glob(f"{base}-*"):
        if older != at:
            shutil.rmtree(older, ignore_errors=True)
    for left in at.parent.glob(".writing-*"):  # by a process that was killed
        with contextlib.suppress(FileNotFoundError):  # another process removes it, too
            if time.time() - left.stat().st_mtime > DAY:
                shutil.rmtree(left, ignore_errors=True)


def load_array(name: str) -> np.ndarray | None:
    """An array that `store_array` has kept under this name; None where there is none."""
    import numpy as np

    try:
        found: np.ndarray = np.load(folder() / "arrays" / f"{name}.npy", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found


def store_array(name: str, array: np.ndarray) -> None:
    """Keep an array that takes long to make; it is made again where the cache cannot be written."""
    import numpy as np

    with contextlib.suppress(OSError):
        place = folder() / "arrays"
        place.mkdir(parents=True, exist_ok=True)
        handle, work = tempfile.mkstemp(prefix=".writing-", suffix=".npy", dir=place)
        with os.fdopen(handle, "wb") as stream:
            np.save(stream, array, allow_pickle=False)
        os.replace(work, place / f"{name}.npy")


def _publish(work: Path, at: Path) -> None:
    try:
        os.rename(work, at)
    except OSError:
        if load(at) is None:  # not merely another process that wrote the same entry first
            shutil.rmtree(at, ignore_errors=True)
            os.rename(work, at)


def _about(at: Path) -> dict[str, Any] | None:
    try:
        about: dict[str, Any] = json.loads((at / "about.json").read_text(encoding="utf-8"))
        return about
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
