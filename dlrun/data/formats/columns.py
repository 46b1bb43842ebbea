"""The columns of a user's table: which are numbers, which are texts, and what is missing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import Column
from dlrun.data.formats.header import EMPTY
from dlrun.data.formats.labels import FEW
from dlrun.data.formats.numerals import Numerals, is_number, value
from dlrun.data.formats.reading import Reading
from dlrun.data.formats.separated import Cells

WORDS = 50  # a text column with more words than that is spoken of, and is no input unless each repeats, on average
EMPTY_COLUMN = "has no values"
LARGEST = 3.4028234e38  # of 32-bit floats


class Missing(Container[str]):
    """The cells without a value: the empty one, NA, nan, null, ? and the words given; numbers by their value."""

    def __init__(self, words: Iterable[str] = (), usual: Iterable[str] = EMPTY) -> None:
        words = self.given = [word.strip() for word in words]
        self.words = frozenset(usual) | {word.lower() for word in words}
        self.numbers = {value(word) for word in words if is_number(word)}

    def __contains__(self, cell: object) -> bool:
        if not isinstance(cell, str):
            return False
        return cell.lower() in self.words or bool(self.numbers and is_number(cell) and value(cell) in self.numbers)


    def of(self, found: Cells, place: int) -> Missing:
        """Those of a column: among texts that the file says are texts, NA and the like are words as others."""
        return Missing(self.given, usual=("",)) if place in found.texts else self


NOTHING = Missing(usual=())  # every cell has a value


def _plain(cells: Sequence[str], missing: Missing) -> list[float] | None:
    """The numbers of a column without a missing, infinite or oddly written one, fast; else None."""
    if missing.numbers:
        return None
    try:
        values = list(map(float, cells))
    except ValueError:
        return None
    # float() also takes 1_000; nan, inf and what is too large for 32 bits show in the sum of the sizes
    return values if sum(map(abs, values)) < LARGEST and "_" not in "".join(cells) else None


def numbers(path: Path, name: str, cells: Sequence[str], lines: Sequence[int], numerals: Numerals,
            missing: Missing) -> list[float] | None:
    """The numbers of a column, NaN where missing; None where a cell is something else.

    Training and `predict` read by this.  Raises ConfigError for a number that does not fit into 32 bits.
    """
    values = _plain(cells, missing) if numerals.decimal != "comma" else None
    if values is not None:
        numerals.took(name, cells, lines)
        return values
    values = numerals.numbers(name, cells, lines, missing)
    for number, line, cell in zip(values or (), lines, cells):
        if abs(number) > LARGEST:
            place = f'{numerals.unit} {line}, column "{name}"'
            raise problem(str(path), f"{place}: {cell} is not a finite number of 32 bits")
    return values


def check_usable(path: Path, found: Cells, names: Iterable[str], droppable: bool = False) -> None:
    """Raises ConfigError where one of the columns `names` holds what is no cell: all its cells are empty here.

    Of a `droppable` one it says how to leave it out.
    """
    for name in names:
        if name in found.unusable:
            more = f"; dataset.drop=[{name!r}] leaves it out" if droppable else ""
            raise problem(str(path), f'the column "{name}" {found.unusable[name]}; expected a number, a text or a date '
                                     f"in each row{more}")


def column(path: Path, found: Cells, place: int, numerals: Numerals, missing: Missing, dates: bool = False
           ) -> tuple[Column, list[float]] | str:
    """A column and its values (numbers, or places among its words with -1 for none), or why it cannot be an input.

    With `dates` a column of dates is one, and its values are their seconds.  Texts that the file says are texts are no
    numbers.  Raises ConfigError for a number that is not finite, and for a few texts among measured numbers.
    """
    from dlrun.data.formats.dates import moments, parts

    name, cells = found.names[place], [row[place] for row in found.rows]
    missing = missing.of(found, place)
    values = None if place in found.texts else numbers(path, name, cells, found.lines, numerals, missing)
    if values is not None:
        empty = sum(number != number for number in values)
        return EMPTY_COLUMN if empty == len(cells) else (Column(name, "number", missing=empty), values)
    empty = sum(cell in missing for cell in cells)
    if dates and (read := moments(cells, missing)) is not None:
        return Column(name, "date", parts(read), empty), read
    strays(path, found, place, missing)
    words = sorted({cell for cell in cells if cell not in missing})
    if len(words) > WORDS and 2 * len(words) > len(cells):
        return f"holds {len(words):,} different texts ({_short(words[0])} ...)"
    if not words:  # a column of texts without any
        return EMPTY_COLUMN
    places = {word: number for number, word in enumerate(words)}
    return Column(name, "text", tuple(words), empty), [float(places.get(cell, -1)) for cell in cells]


def _short(word: str) -> str:
    """A text as it is shown in a line of notes."""
    return repr(word if len(word) <= 40 else f"{word[:37]}...")


def strays(path: Path, found: Cells, place: int, missing: Container[str]) -> str:
    """What to say of a column of texts that holds numbers, too; empty where it holds none.

    Raises ConfigError where a text among at least nine times as many numbers is surely a mistake: the numbers are
    measured (fractions, or many different ones), not the codes of a few categories.
    """
    if place in found.texts:
        return ""
    name = found.names[place]
    there = [(line, row[place]) for line, row in zip(found.lines, found.rows) if row[place] not in missing]
    odd = [(line, cell) for line, cell in there if not is_number(cell)]
    if not odd or len(odd) == len(there):
        return ""
    line, cell = odd[0]
    values = [value(cell) for _, cell in there if is_number(cell)]
    distinct = set(values)
    fractions = any(not number.is_integer() for number in distinct)
    many = len(distinct) > FEW or 2 * len(distinct) > len(values)
    codes = any(any(mark.isdigit() for mark in cell) for _, cell in odd)  # 3+, 12B
    if 10 * len(odd) <= len(there) and (fractions or many and not codes):
        more = f" (and {len(odd) - 1:,} more)" if len(odd) > 1 else ""
        raise problem(str(path), f'{found.unit} {line}, column "{name}": expected a number, as in {len(values):,} other'
                                 f" rows, not {cell!r}{more}; dataset.missing=[{cell!r}] where it stands for a missing "
                                 "value")
    return f'{path.name}: the column "{name}" holds texts beside its numbers ({found.unit} {line}: {cell!r})'


def reading(cfg: Reading, numerals: Numerals, named: bool) -> dict[str, Any]:
    """How a file was read, as JSON types: new rows are read so, too.  `named` says that it had a header."""
    return {"missing": list(cfg.missing), "decimal": cfg.decimal, **numerals.marks(), "separator": cfg.separator,
            "header": cfg.header, "named": named}
