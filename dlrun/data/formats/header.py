"""Whether the first line of a table names its columns."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.problem import problem
from dlrun.data.formats.numerals import is_number

EMPTY = frozenset(("", "na", "n/a", "nan", "null", "?"))  # cells without a value, in lower case


def find(path: Path, rows: list[list[str]], line: int) -> tuple[bool, bool, str]:
    """Whether the first of these rows is a header, whether it is one with numbers in it, and a note.

    Without numbers in it, it is one where numbers stand below or its words never come again in their column.  With
    some: a word above a column of numbers alone makes it a header where the numbers go up by one (years, places).
    Raises ConfigError where that word could as well be a mistake in a row, and where a line of such numbers has a word
    that never comes again.
    """
    first, below = rows[0], rows[1:]
    if not below or not any(first):
        return False, False, ""
    columns = [[row[place] for row in below if place < len(row)] for place in range(len(first))]
    numbers = [cell for cell in first if is_number(cell)]
    if not numbers:
        if any(is_number(cell) for column in columns for cell in column):
            return True, False, ""
        new = len(set(first)) == len(first) and all(name not in column for name, column in zip(first, columns) if name)
        return new, False, ""
    shown = ", ".join(cell for cell in first[:6]) + (" ..." if len(first) > 6 else "")
    odd = next((cell for cell, column in zip(first, columns)
                if cell.lower() not in EMPTY and not is_number(cell) and _numeric(column)), None)
    if odd is not None:
        if not _counting(numbers):
            raise problem(str(path), f"line {line} can be a header or a row: {odd!r} stands above numbers alone; "
                                     "dataset.header=true or dataset.header=false says which")
        return True, True, f"{path.name}: line {line} ({shown}) is read as the header; dataset.header=false: as a row"
    word = next((cell for cell, column in zip(first, columns) if _is_new(cell, column)), None)
    if word is not None and _counting(numbers):
        raise problem(str(path), f"line {line} can be a header or a row: its numbers go up by one, and {word!r} never "
                                 "comes again; dataset.header=true or dataset.header=false says which")
    if len(numbers) == len(first) > 2 and _counting(numbers):
        return False, False, f"{path.name}: line {line} ({shown}) is read as a row; dataset.header=true: as the header"
    return False, False, ""


def _numeric(column: list[str]) -> bool:
    """Whether a column holds numbers alone, beside missing cells."""
    return any(map(is_number, column)) and all(is_number(cell) or cell.lower() in EMPTY for cell in column)


def _is_new(cell: str, column: list[str]) -> bool:
    """Whether a word never comes again above words that do."""
    return not (cell.lower() in EMPTY or is_number(cell) or cell in column) and 2 * len(set(column)) <= len(column)


def _counting(cells: list[str]) -> bool:
    """Whether these are whole numbers that go up by one, as years and places in a header do; one alone: a year, or 0.
    """
    if not all(cell.isdigit() and len(cell) < 10 for cell in cells):
        return False
    numbers = list(map(int, cells))
    if len(numbers) == 1:
        return numbers[0] == 0 or 1900 <= numbers[0] <= 2100
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))
