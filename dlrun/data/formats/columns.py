"""The columns of a user's table: which are numbers, which are texts, and what is missing."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable
from pathlib import Path

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import Column
from dlrun.data.formats.separated import EMPTY, Cells, is_number

WORDS = 50  # a text column with more words than that is spoken of, and must repeat each, on average
LARGEST = 3.4e38  # of 32-bit floats, about


class Missing(Container[str]):
    """The cells without a value: the empty one, NA, nan, null, ? and the words given; numbers by their value."""

    def __init__(self, words: Iterable[str] = (), usual: Iterable[str] = EMPTY) -> None:
        self.words = frozenset(usual) | {word.strip().lower() for word in words}
        self.numbers = {_float(word) for word in words if is_number(word.strip())}

    def __contains__(self, cell: object) -> bool:
        if not isinstance(cell, str):
            return False
        return cell.lower() in self.words or bool(self.numbers and is_number(cell) and _float(cell) in self.numbers)


def _float(cell: str) -> float:
    return float(cell.replace(",", "."))


def numbers(cells: list[str], separator: str, missing: Container[str]) -> list[float] | None:
    """The numbers of a column, NaN where missing; None when a cell is something else.

    A comma is a decimal mark where it does not separate the cells.
    """
    found = []
    for cell in cells:
        if cell in missing:
            found.append(math.nan)
        elif is_number(cell) and (separator != "," or "," not in cell):
            found.append(_float(cell))
        elif cell.lower().lstrip("+-") in ("inf", "infinity"):
            found.append(math.inf)
        else:
            return None
    return found


def _plain(cells: list[str], missing: Container[str]) -> list[float] | None:
    """The numbers of a column without a missing, infinite or oddly written one, fast; else None."""
    if getattr(missing, "numbers", None):
        return None
    try:
        values = list(map(float, cells))
    except ValueError:
        return None
    # float() also takes 1_000; nan, inf and what is too large for 32 bits show in the sum of the sizes
    return values if sum(map(abs, values)) < LARGEST and "_" not in "".join(cells) else None


def column(path: Path, found: Cells, place: int, missing: Container[str]) -> tuple[Column, list[float]] | None:
    """A column and its values (numbers, or places among its words with -1 for none); None where all are missing.

    Raises ConfigError for a number that is not finite, and for texts that hardly ever repeat.
    """
    name, cells = found.names[place], [row[place] for row in found.rows]
    values = _plain(cells, missing)
    if values is not None:
        return Column(name, "number"), values
    empty = sum(cell in missing for cell in cells)
    if empty == len(cells):
        return None
    values = numbers(cells, found.separator, missing)
    if values is not None:
        for number, line in zip(values, found.lines):
            if abs(number) > LARGEST:
                raise problem(str(path), f'line {line}, column "{name}": not a finite number of 32 bits')
        return Column(name, "number", missing=empty), values
    words = sorted({cell for cell in cells if cell not in missing})
    if len(words) > WORDS and 2 * len(words) > len(cells):
        raise problem(
            str(path),
            f'the column "{name}" holds {len(words):,} different texts ({words[0]!r} ...) and would become as many '
            f"columns; leave it out with  dataset.drop=[{name!r}]" + _strangers(found, place, missing),
        )
    places = {word: number for number, word in enumerate(words)}
    return Column(name, "text", tuple(words), empty), [float(places.get(cell, -1)) for cell in cells]


def _strangers(found: Cells, place: int, missing: Container[str]) -> str:
    """Where a column is numbers but for a few cells, those cells."""
    odd = [(line, row[place]) for row, line in zip(found.rows, found.lines)
           if row[place] not in missing and not is_number(row[place])]
    if 10 * len(odd) > len(found.rows):
        return ""
    line, cell = odd[0]
    return f"; or name the texts that stand for missing numbers (line {line}: {cell!r}) in dataset.missing"
