"""Numbers as people write them: decimal points and commas, marks between thousands, and what could be two numbers.

A cell that only one reading explains is read so (1.5, 1,5, 1,234,567, 1.234,5).  `2.480` and `1,234` could be either;
where the rest of the file speaks for the other reading they are refused, with both places.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path

from dlrun.config.problem import problem

_FORMS = re.compile(
    r"[-+]?(?:(?P<whole>\d+(?:[eE][-+]?\d+)?)"
    r"|(?P<either_point>[1-9]\d{0,2}\.\d{3})|(?P<either_comma>[1-9]\d{0,2},\d{3})"
    r"|(?P<point>(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?P<comma>(?:\d+,\d*|,\d+)(?:[eE][-+]?\d+)?)"
    r"|(?P<thousands_comma>[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?)|(?P<thousands_point>[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?))"
)
_BY_POINT = ("point", "thousands_comma")  # what a decimal point alone explains
_BY_COMMA = ("comma", "thousands_point")
_NOT = {"point": _BY_COMMA, "comma": _BY_POINT, "auto": ()}  # what is no number by a mark that was chosen


class Exact(str):
    """A number as a program writes it: its point is a decimal point, in whatever company."""

    def strip(self, chars: str | None = None, /) -> str:
        """Itself: a program writes no blanks, and a plain text would lose what it is."""
        return self


def form_of(cell: str) -> str:
    """How a number is written (a group of the pattern above); empty for a cell that is none."""
    if isinstance(cell, Exact):
        return "point" if "." in cell else "whole" if is_number(cell) else ""
    found = _FORMS.fullmatch(cell)
    return found.lastgroup or "" if found else ""


def is_number(cell: str) -> bool:
    """Whether a cell is a decimal number, with a point or a comma."""
    return _FORMS.fullmatch(cell) is not None


def value(cell: str, form: str = "", decimal: str = "auto") -> float:
    """The number of a cell; `decimal` is the mark that was chosen, else 2.480 and 1,234 are below 10."""
    form = form or form_of(cell)
    if form == "thousands_comma" or form == "either_comma" and decimal == "point":
        return float(cell.replace(",", ""))
    if form == "thousands_point" or form == "either_point" and decimal == "comma":
        return float(cell.replace(".", "").replace(",", "."))
    return float(cell.replace(",", "."))


class Numerals:
    """Reads the number columns of one file and remembers how they are written; `settle` at the end finds conflicts.

    `decimal` is auto, point or comma; `point` and `comma` say that one is known of the training's file already.
    """

    def __init__(self, decimal: str = "auto", separator: str = "", *, point: bool = False, comma: bool = False,
                 trained: bool = False, unit: str = "line") -> None:
        self.decimal, self.separator, self.trained, self.unit = decimal, separator, trained, unit
        self._first: dict[str, tuple[str, str]] = {}  # by form: where it stands first, and the cell
        self._fast: list[tuple[str, Sequence[str], Sequence[int]]] = []  # columns that float() took, all with points
        if point:
            self._first["point"] = ("the training's file", "a decimal point")
        if comma:
            self._first["comma"] = ("the training's file", "a decimal comma")

    def numbers(self, name: str, cells: Sequence[str], lines: Sequence[int], missing: Container[str]
                ) -> list[float] | None:
        """The numbers of a column, NaN where missing; None when a cell is something else."""
        first: dict[str, tuple[str, str]] = {}
        found = []
        for cell, line in zip(cells, lines):
            if cell in missing:
                found.append(float("nan"))
                continue
            form = form_of(cell)
            if form and form not in _NOT[self.decimal]:
                found.append(value(cell, form, self.decimal))
                if form not in first:
                    first[form] = (f'{self.unit} {line}, column "{name}"', cell)
            elif cell.lower().lstrip("+-") in ("inf", "infinity"):
                found.append(float("inf"))
            else:
                return None
        self._first = {**first, **self._first}
        return found

    def took(self, name: str, cells: Sequence[str], lines: Sequence[int]) -> None:
        """Remember a column that holds only what float() takes."""
        self._fast.append((name, cells, lines))

    @property
    def newly_read(self) -> bool:
        """Whether a cell was read as a number that dlrun took for a text before it knew marks between thousands."""
        forms = set(self._first) if not self.trained else set()
        return self.decimal == "auto" and bool(
            forms & {"thousands_comma", "thousands_point"}
            or self.separator == "," and forms & {"comma", "either_comma"})

    def marks(self) -> dict[str, bool]:
        """Which decimal marks the file has."""
        fast = self.decimal != "comma" and any("." in cell for _, cells, _ in self._fast for cell in cells)
        return {"point": fast or not {*_BY_POINT, "either_point"}.isdisjoint(self._first),
                "comma": not {*_BY_COMMA, "either_comma"}.isdisjoint(self._first)}

    def settle(self, path: Path) -> list[str]:
        """Notes on what was read one way of two; raises ConfigError where the file speaks for the other."""
        if self.decimal != "auto":
            return []
        comma = next((self._first[form] for form in _BY_COMMA if form in self._first), None)
        either = self._first.get("either_comma")
        if comma and (doubt := self._first.get("either_point") or self._in_fast("either_point")):
            raise self._doubt(path, doubt, comma)
        if not either:
            return []
        point = next((self._first[form] for form in _BY_POINT if form in self._first), None) or self._in_fast("point")
        if point or (self.separator == "," and not comma):
            raise self._doubt(path, either, point)
        if comma:
            return []
        place, cell = either
        return [f"{path.name}: {place}: {cell} is read as {value(cell):g}, with a decimal comma; dataset.decimal=point "
                f"reads it as {value(cell, decimal='point'):g}"]

    def _in_fast(self, form: str) -> tuple[str, str] | None:
        return next(((f'{self.unit} {line}, column "{name}"', cell) for name, cells, lines in self._fast
                     for cell, line in zip(cells, lines) if "." in cell and form_of(cell) == form), None)

    def _doubt(self, path: Path, doubt: tuple[str, str], other: tuple[str, str] | None) -> Exception:
        place, cell = doubt
        by_point, by_comma = value(cell, decimal="point"), value(cell, decimal="comma")
        against = f" ({other[0]} has {other[1]})" if other else ""
        choice = ("write it without a mark between thousands" if self.trained else
                  "dataset.decimal=point or dataset.decimal=comma says which")
        return problem(str(path), f"{place}: {cell} is {by_point:g} with a decimal point and {by_comma:g} with a "
                                  f"decimal comma{against}; {choice}")
