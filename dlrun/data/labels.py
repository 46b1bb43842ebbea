"""From targets as they stand in a file to classes or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Targets = Sequence[Any]  # all numbers, or all texts
FEW = 20  # integers: at most so many different ones are classes
MANY = 1000  # more classes than that are a mistake


def kind_of(values: Targets, wanted: str) -> str:
    """"classes" or "number" for targets without missing ones; `wanted` is auto, classes or number.

    Raises ValueError, with the reason, where the targets cannot be that.
    """
    distinct = len(set(values))
    words = bool(values) and isinstance(values[0], str)
    if wanted == "number" or (wanted == "auto" and not words and not _few_integers(values, distinct)):
        if words:
            raise ValueError(f"holds texts ({values[0]!r}), and numbers are wanted")
        return "number"
    if distinct < 2:
        raise ValueError(f"is {values[0]!r} in every row; two classes at least are wanted")
    if distinct > MANY or (wanted == "auto" and words and 2 * distinct > len(values)):
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
    return [place[value] for value in values], tuple(_name(value) for value in order)


def _name(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() else str(value)
