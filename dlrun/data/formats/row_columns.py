"""Columns of a table that say what rows are to each other: which belong together, and which came first."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from pathlib import Path

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import Column
from dlrun.data.formats.columns import Missing, numbers
from dlrun.data.formats.dates import moments
from dlrun.data.formats.numerals import Numerals
from dlrun.data.formats.separated import Cells

BEYOND = ("day number", "year")  # parts of a date that later rows have other values of than all rows before


def groups_of(found: Cells, place: int, missing: Container[str], given: str) -> list[str]:
    """The group of each row.  Raises ConfigError about what was `given` for a row without one."""
    names = [row[place] for row in found.rows]
    lacking = next((line for line, name in zip(found.lines, names) if name in missing), None)
    if lacking is not None:
        raise problem(given, f"{found.unit} {lacking} has no value in this column; expected the group of each row")
    return names


def in_order(found: Cells, path: Path, place: int, numerals: Numerals, missing: Missing, given: str) -> Cells:
    """The rows in the order of a column's numbers or dates, those with equal ones as they stand.

    Raises ConfigError about what was `given` for a column of anything else, and for a row without one.
    """
    name, cells = found.names[place], [row[place] for row in found.rows]
    values = None if place in found.texts else numbers(path, name, cells, found.lines, numerals, missing)
    if values is None:
        values = moments(cells, missing)
    if values is None:
        shown = next(cell for cell in cells if cell not in missing)
        raise problem(given, f"expected a column of numbers or of dates (2024-05-31); it holds {shown!r}")
    lacking = next((line for line, value in zip(found.lines, values) if value != value), None)
    if lacking is not None:
        raise problem(given, f"{found.unit} {lacking} has no value in this column; expected one in each row")
    order = sorted(range(len(values)), key=values.__getitem__)
    return replace(found, rows=[found.rows[row] for row in order], lines=[found.lines[row] for row in order])


def seasons(column: Column) -> Column | None:
    """What of the column that rows are ordered by can be an input: parts of a date that come again; None without any.
    """
    words = tuple(word for word in column.words if word not in BEYOND) if column.kind == "date" else ()
    return replace(column, words=words) if words else None


def numbers_rows(found: Cells, place: int, column: Column, values: Sequence[float]) -> bool:
    """Whether a column without a name of its own holds whole numbers that are all different: R and pandas write so.

    Where a file is sorted by its target such numbers tell it, and new rows have others.  One that has a name is used.
    """
    unnamed = found.named and found.names[place] in (f"column {place}", f"Unnamed: {place}")
    whole = unnamed and column.kind == "number" and all(value == value // 1 for value in values)
    return whole and len({*values}) == len(values) > 1
