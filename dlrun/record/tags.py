"""What a person says of a run: tags and a note, in a file of its folder that is no part of what the run wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.config.problem import Problem
from dlrun.record.folder import RunFolder, write_json
from dlrun.record.stored import mapping, read_file

_TAG = re.compile(r"[\w.+-]+")


@dataclass(frozen=True)
class Tags:
    """Tags in the order in which they were given, and a note."""

    tags: tuple[str, ...] = ()
    note: str = ""


def read_tags(folder: Path) -> Tags:
    """Those of a run; none where nobody has given any.  Raises Damaged for a file that holds none."""
    try:
        return read_file(RunFolder(folder).tags, _parse)
    except FileNotFoundError:
        return Tags()


def _parse(data: bytes) -> Tags:
    found: dict[str, Any] = mapping(data)
    tags, note = found.get("tags"), found.get("note", "")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags) or not isinstance(note, str):
        raise ValueError("expected a list of tags and a note")
    return Tags(tuple(tags), note)


def write_tags(folder: Path, tags: Tags) -> None:
    """Replace those of a run; the file goes where nothing is left to say."""
    file = RunFolder(folder).tags
    if tags == Tags():
        file.unlink(missing_ok=True)
    else:
        write_json(file, {"tags": list(tags.tags), "note": tags.note})


def wrong_tags(key: str, tags: Iterable[str]) -> list[Problem]:
    """A problem for each word that can be none: a tag stands in filters and lists."""
    return [Problem(f"{key}={tag}", "expected a word of letters, digits, _ . + or -") for tag in tags
            if not _TAG.fullmatch(tag)]
