"""What was found of a user's table, in a line: how its file was read, what is learned, what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.data.dataset_spec import DatasetSpec

MARKS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
SHOWN = 8  # names in a list


def table_line(reading: Mapping[str, Any], data_spec: DatasetSpec) -> str:
    """``cells between commas, names in the first line, decimal point · target kind: 3 classes (a, b, c)``.

    `reading` is that of the preprocessing state; empty for data that no file of cells was read for.
    """
    if "target" not in reading:
        return ""
    names = "names in the first line" if reading["named"] else "no names: columns are called by their number"
    marks = [mark for mark in ("point", "comma") if reading.get(mark)]
    decimal = f", decimal {' and '.join(marks)}" if marks else ""
    between = f"cells between {MARKS.get(reading['between'], reading['between'])}"
    how = reading.get("file") or f"{between}, {names}{decimal}"  # a file that says itself what its columns are
    targets = ", ".join(reading["target"])
    left_out = f" · left out: {_listed(reading['dropped'])}" if reading["dropped"] else ""
    return f"{how} · target {targets}{_learned(data_spec)}{left_out}"


def _learned(data_spec: DatasetSpec) -> str:
    if data_spec.target_kind == "number":
        return ": a number"
    if data_spec.target_kind == "classes":
        return f": {len(data_spec.classes)} classes ({_listed(data_spec.classes)})"
    if data_spec.target_kind == "labels":
        return ": labels, any of which may hold"
    kinds = [f"{len(head.classes)} classes" if head.classes else "a number" for head in data_spec.heads]
    return f": {', '.join(kinds)}"


def _listed(names: Any) -> str:
    names = list(names)
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
