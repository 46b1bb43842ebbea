"""Decoded arrays, kept so that the second start is fast.

An entry is a folder `<kind>-<its settings>-<state of the sources>` with one .npy an array and `about.json`, which has
their checksums and its own: an entry that was damaged on the disk is decoded again.
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
from dlrun.data.verified_array import read_array
from dlrun.record import digest
from dlrun.record.stored import Damaged, mapping, read_file

if TYPE_CHECKING:
    from dlrun.data.source import RawDataset

ABOUT, SUMS = "about.json", "checksums"
FORMAT = 2  # count up when readers change what they make of the same file
DAY = 86400.0  # seconds


def folder() -> Path:
    """The cache folder: $DLRUN_CACHE, else the user's cache folder of this system.  It need not exist yet."""
    return cache_dir()


def entry(kind: str, settings: object, paths: list[Path], state: object = None) -> Path:
    """The entry's folder for a kind, the settings that decoding depends on, and the source files.

    `state` stands for the files' sizes and times where there are too many to list.
    """
    if state is None:
        state = [(stat.st_size, stat.st_mtime_ns) for stat in (path.stat() for path in paths)]
    base = _short([FORMAT, kind, settings, [str(path.resolve()) for path in paths]])
    return folder() / "decoded" / f"{kind}-{base}-{_short(state)}"


def _short(value: object) -> str:
    return blake2b(json.dumps(value, default=str).encode(), digest_size=8).hexdigest()


def dataset_info(at: Path) -> DatasetInfo | None:
    """Spec and rows of an entry; None when there is none, or a damaged one."""
    try:
        about = _about(at)
    except Damaged:
        return None
    return None if about is None else DatasetInfo(DatasetSpec.of(about["signature"]), about["rows"],
                                                 about.get("revision", 1), tuple(about.get("without_target", ())),
                                                 tuple(about.get("reading", {}).get("heavy", ())))


def load(at: Path, trust_older: bool = False) -> RawDataset | None:
    """The entry's arrays; None when there is no entry, or one of an older dlrun without checksums (`trust_older`: it).

    Large ones are mapped, copy on write: they can be used as they lie, and all jobs and workers of a sweep share the
    one copy in the system's memory.  Within `verified` a thread verifies these.  Raises Damaged for an entry whose
    other files, without `verified` whose files, are not what was written.
    """
    about = _about(at)
    if about is None or not (SUMS in about or trust_older):
        return None

    from dlrun.data.source import RawDataset

    try:
        sums = about.get(SUMS, {})
        arrays: dict[str, Any] = {name: read_array(at / f"{name}.npy", sums.get(name)) for name in about["arrays"]}
    except FileNotFoundError:
        if at.is_dir() and (at / ABOUT).is_file():
            raise Damaged(at, "a file of it is missing") from None
        return None  # removed in this moment by a process that saw a newer source
    columns = tuple(Column(**{**column, "words": tuple(column["words"])}) for column in about["columns"])
    rest = {key: about[key] for key in ("levels", "label", "files", "grouped", "content", "target")}
    rest |= {key: about[key] for key in ("reading", "revision") if key in about}
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
        sums: dict[str, Any] = {}
        for name, array in arrays.items():
            file = work / f"{name}.npy"
            np.save(file, array, allow_pickle=False)
            sums[name] = {"bytes": file.stat().st_size, "crc32c": digest.hexadecimal(digest.of_file(file))}
        rows = {split: len(arrays[name]) for split, name in (("train", "x"), ("val", "x_val"), ("test", "x_test"))
                if name in arrays}
        about = {
            "signature": dataclasses.asdict(source.data_spec), "rows": rows, "arrays": list(arrays),
            "levels": source.levels, "columns": [dataclasses.asdict(column) for column in source.columns],
            "label": source.label, "files": source.files, "notes": source.notes, "grouped": source.grouped,
            "content": source.content, "target": source.target, "words": source.words, SUMS: sums,
            **({"reading": source.reading} if source.reading else {}),
            **({"without_target": source.without_target} if source.without_target else {}),
            **({"revision": source.revision} if source.revision != 1 else {}),
        }
        (work / ABOUT).write_text(json.dumps(digest.sealed(about)), encoding="utf-8")
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


def _publish(work: Path, at: Path) -> None:
    try:
        os.rename(work, at)
    except OSError:
        if not is_there(at, trust_older=False):  # not merely another process that wrote the same entry first
            shutil.rmtree(at, ignore_errors=True)
            os.rename(work, at)


def is_there(at: Path, trust_older: bool = True) -> bool:
    """Whether an entry can be read; see `load`."""
    try:
        return load(at, trust_older) is not None
    except Damaged:
        return False


def _about(at: Path) -> dict[str, Any] | None:
    """about.json of an entry; None where there is no entry.  Raises Damaged."""
    try:
        return read_file(at / ABOUT, _parse)
    except FileNotFoundError:
        return None


def _parse(data: bytes) -> dict[str, Any]:
    about = mapping(data)
    if SUMS in about or digest.SEAL in about:  # an older dlrun wrote neither
        about = digest.unsealed(about)
    lacking = [key for key in ("signature", "rows", "arrays", "columns") if key not in about]
    if lacking:
        raise ValueError(f"it lacks {lacking[0]}")
    return about
