"""From targets as they stand in a file to classes, numbers, or several of them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dlrun.data.dataset_spec import Head

Targets = Sequence[Any]  # all numbers, or all texts
FEW = 20  # integers: at most so many different ones are classes
FEWEST = 2  # classes that there are to tell apart in training, at least
MANY = 1000  # more classes than that are a mistake
EXACT = 2**53  # floats hold whole numbers up to here
DIGITS = 5  # revision of the reading of classes that are whole numbers beyond that: they were rounded once
_WHOLE = re.compile("[-+]?[0-9]+")
ON_OFF = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}
BOOLEANS = {cell: value for cell, value in ON_OFF.items() if cell not in ("no", "yes")}  # as programs write them


def kind_of(values: Targets, option: str, fewest: int = FEWEST) -> str:
    """"classes" or "number" for targets without missing ones; `option` is auto, classes or number.

    Of classes there are `fewest` or more: rows that nothing is trained on may be of one class.
    Raises ValueError, with the reason, where the targets cannot be that.
    """
    distinct = len(set(values))
    words = bool(values) and isinstance(values[0], str)
    if option == "number" or (option == "auto" and not words and not _few_integers(values, distinct)):
        if words:
            raise ValueError(f"holds texts ({values[0]!r}); expected numbers")
        return "number"
    if distinct < fewest:
        raise ValueError(f"is {values[0]!r} in every row; expected two classes or more")
    if distinct > MANY or (option == "auto" and words and 2 * distinct > len(values)):
        raise ValueError(f"holds {distinct:,} different texts in {len(values):,} rows; those are no classes")
    return "classes"


def _few_integers(values: Targets, distinct: int) -> bool:
    if distinct > FEW or 2 * distinct > len(values):
        return False
    return all(float(value).is_integer() for value in set(values))


def encode(values: Targets) -> tuple[list[int], tuple[str, ...]]:
    """Class numbers, and the names of the classes in their order: numbers by size, texts by the alphabet."""
    order = sorted(set(values))
    place = {value: number for number, value in enumerate(order)}
    return [place[value] for value in values], tuple(class_name(value) for value in order)


def whole(values: Sequence[float], cells: Sequence[str]) -> Sequence[float]:
    """Numbers as they stand in their cells: ints with all digits where they are whole and floats do not hold them all.
    """
    if max(map(abs, values), default=0) <= EXACT or not all(map(_WHOLE.fullmatch, cells)):
        return values
    return [int(cell) for cell in cells]


def rounded(classes: Sequence[str]) -> bool:
    """Whether classes are whole numbers that floats, which they once went through, made others of."""
    return all(map(_WHOLE.fullmatch, classes)) and any(int(float(name)) != int(name) for name in classes)


def as_words(cells: Sequence[str], words: Sequence[str]) -> Sequence[str]:
    """Cells of which 0, 1, false and true (in any case) are the words of that value, where words are these alone.

    One kind of file has True where another has 1.  Cells that are words stay, and so does everything else.
    """
    by_value = {BOOLEANS.get(word.lower()): word for word in words}
    if None in by_value or len(by_value) < len(words):
        return cells
    return [cell if cell in words else by_value.get(BOOLEANS.get(cell.lower()), cell) for cell in cells]


def class_name(value: float | str) -> str:
    """The name of the class that a target stands for: 3.0 and 3 are one."""
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else str(value)


@dataclass(frozen=True)
class Several:
    """Targets of several columns: `kind` is "labels" or "several", as in a spec; `values` a list for each."""

    kind: str
    values: list[list[float]]
    classes: tuple[str, ...] = ()
    heads: tuple[Head, ...] = ()

    def each(self) -> list[tuple[str, ...]]:
        """The classes of each column; none of a number, and of labels."""
        return [head.classes for head in self.heads] or ([self.classes] if self.kind == "classes" else [])


def several(columns: Sequence[Targets], names: Sequence[str], option: str | Sequence[str], fewest: int = FEWEST
            ) -> Several:
    """Labels where every column is 0 or 1 (or false and true, no and yes), else a head for each column.

    `option` is one word for all or one for each; anything but auto makes heads.  Raises ValueError, with the reason.
    """
    keys = [Head(name).key for name in names]
    if len(set(keys)) < len(keys):
        twice = next(name for name, key in zip(names, keys) if keys.count(key) > 1)
        raise ValueError(f'has "{twice}" twice, or a name that differs in its marks alone; rename one in the file')
    kinds = [option] * len(names) if isinstance(option, str) else list(option)
    if len(kinds) != len(names):
        raise ValueError(f"names {len(names)} columns, and dataset.targets {len(kinds)} kinds")
    on_off = [[ON_OFF.get(str(value).lower()) for value in column] for column in columns]
    if set(kinds) == {"auto"} and not any(None in column for column in on_off):
        return Several("labels", [[value or 0.0 for value in column] for column in on_off], tuple(names))
    values: list[list[float]] = []
    heads = []
    for column, name, kind in zip(columns, names, kinds):
        try:
            found = kind_of(column, kind, fewest)
            if found == "number" and not all(map(math.isfinite, column)):
                raise ValueError("has a number that is not finite")
        except ValueError as error:
            raise ValueError(f'"{name}" {error}') from None
        codes, classes = encode(column) if found == "classes" else (list(column), ())
        values.append([float(code) for code in codes])
        heads.append(Head(name, classes))
    return Several("several", values, heads=tuple(heads))
