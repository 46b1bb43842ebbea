"""manifest.json of a run: the checksums of its files, so that what was changed afterwards is named.

It is written when a run starts (settings and the state of preprocessing), and again just before result.json, then with
all files.  Runs of an older dlrun have none: they are used as they are, unverified.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dlrun.record import digest
from dlrun.record.stored import Damaged, mapping, read_file

FILE = "manifest.json"
CHANGED = "it is not what the run wrote (edited by hand, or damaged)"
START = ("config.yaml", "fitted.json", "provenance.json")
END = (*START, "metrics.jsonl", "checkpoints/last.pt", "checkpoints/best.pt", "checkpoints/judge.pt")
_FORMAT = 1


def text(folder: Path, names: Iterable[str], more: Mapping[str, bytes] | None = None,
         before: Mapping[str, bytes] | None = None) -> str:
    """The content of a manifest: those of `names` that are in the folder, and files of the content `more`.

    `before` is content that a file of `more` may still have while it is replaced.
    """
    files: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        try:
            size = (folder / name).stat().st_size
            files[name] = [{"bytes": size, "crc32c": digest.hexadecimal(digest.of_file(folder / name))}]
        except OSError:  # not every run has every file
            continue
    for name, data in (more or {}).items():
        files[name] = [_entry(data)]
    for name, data in (before or {}).items():
        files.setdefault(name, []).append(_entry(data))
    return json.dumps(digest.sealed({"format": _FORMAT, "files": files}), indent=1) + "\n"


def _entry(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "crc32c": digest.hexadecimal(digest.extend(0, data))}


def changed(folder: str | os.PathLike[str], names: Iterable[str] | None = None) -> list[str] | None:
    """Which of `names` (None: all files that were noted) are not what the run wrote, or gone; None without a manifest.

    A manifest that is itself damaged is the one that is named.
    """
    folder = Path(folder)
    try:
        files = read_file(folder / FILE, _files)
    except FileNotFoundError:
        return None
    except Damaged:
        return [FILE]
    found = []
    for name in files if names is None else names:
        if name not in files:
            continue
        try:
            size, crc = (folder / name).stat().st_size, ""
            if any(entry["bytes"] == size for entry in files[name]):
                crc = digest.hexadecimal(digest.of_file(folder / name))
        except OSError:
            found.append(name)
            continue
        if {"bytes": size, "crc32c": crc} not in files[name]:
            found.append(name)
    return found


def _files(data: bytes) -> dict[str, list[dict[str, Any]]]:
    files: dict[str, list[dict[str, Any]]] = digest.unsealed(mapping(data))["files"]
    return files
