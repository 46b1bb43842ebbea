"""JSON lines: an object in each line, with the same keys in all of them; a key is a column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem
from dlrun.data.formats.numerals import Exact
from dlrun.data.formats.separated import Cells, lines_of, text_of

SHOWN = 60  # letters of a line that is no object


def cells(path: Path) -> Cells:
    """The cells of a file, also .gz: null is no value, true is 1; a column of texts alone is one of texts.

    Raises ConfigError, with the line, for what is no object, and for objects with other keys than the first.
    """
    notes: list[str] = []
    found: list[tuple[int, dict[str, Any]]] = []
    for line, text in enumerate(lines_of(text_of(path, notes)), 1):
        if text.strip():
            found.append((line, object_of(path, line, text)))
            _alike(path, found[0], found[-1])
    if not found:
        raise problem(str(path), "has no rows")
    first, names = found[0][1], list(found[0][1])
    if not names:
        raise problem(str(path), f"line {found[0][0]}: expected keys with values; the object is empty")
    unusable: dict[str, str] = {}
    for line, row in found:
        for name in names:
            if isinstance(row[name], (dict, list)):
                unusable.setdefault(name, f"holds {'an object' if isinstance(row[name], dict) else 'a list'} in line "
                                          f"{line}")
    texts = frozenset(place for place, name in enumerate(first) if name not in unusable and all(
        isinstance(row[name], (str, type(None))) for _, row in found) and any(row[name] for _, row in found))
    rows = [["" if name in unusable else _cell(row[name]) for name in names] for _, row in found]
    return Cells(names, rows, [line for line, _ in found], "", notes=tuple(notes), texts=texts, unusable=unusable,
                 file="JSON lines")


def object_of(path: Path, line: int, text: str) -> dict[str, Any]:
    """The object of a line; raises ConfigError."""
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f'the key "{next(key for key in keys if keys.count(key) > 1)}" stands twice')
        return made

    try:
        found = json.loads(text, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise problem(str(path), f"line {line}: expected an object of JSON, as {{\"length\": 1.5, \"kind\": \"a\"}} "
                                 f"({_reason(error)}): {text.strip()[:SHOWN]}") from None
    if isinstance(found, dict):
        return found
    more = "; a file that is one list is not read, write an object in each line" if isinstance(found, list) else ""
    raise problem(str(path), f"line {line}: expected an object of JSON with the values of one row; this is "
                             f"{text.strip()[:SHOWN]}{more}")


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    reason = str(error)
    if "digits) for integer" in reason:
        return "a number of thousands of digits"
    return reason.replace(": line 1 column ", " at letter ").partition(" (char")[0]


def _alike(path: Path, first: tuple[int, dict[str, Any]], other: tuple[int, dict[str, Any]]) -> None:
    """Raises ConfigError for an object that lacks a key, or has one more, than the first one."""
    if first[1].keys() == other[1].keys():
        return
    for (line, row), (at, there) in ((other, first), (first, other)):
        lacking = next((name for name in there if name not in row), None)
        if lacking is not None:
            raise problem(str(path), f'line {line} has no "{lacking}", and line {at} has; expected the same keys in '
                                     "each line (null where there is no value)")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (bool, int)):
        return str(int(value))
    return Exact(repr(value)) if isinstance(value, float) else str(value).strip()
