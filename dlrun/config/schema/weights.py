"""Weights that are given by class or by output, brought into the order of these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dlrun.config.problem import did_you_mean

Given = Mapping[str, float] | Sequence[float]


def in_order(given: Given, names: Sequence[str], what: str) -> list[float]:
    """A weight for each of `names`; in a mapping a key is a name, else a number from 0, and who is not named has 1.

    Raises ValueError, with what is expected, where that cannot be; `what` is what is weighted ("class").
    """
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ValueError(f"expected {len(names)} weights, one for each {what}, in this order: {_few(names)}")
        found = dict(enumerate(given))
    else:
        found = {}
        for key, weight in given.items():
            place = _place(key, names, what)
            if place in found:
                raise ValueError(f"the {what} {names[place]} is given twice, by its name and by its number")
            found[place] = weight
    weights = [float(found.get(place, 1.0)) for place in range(len(names))]
    if not any(weights):
        raise ValueError("expected at least one weight > 0")
    return weights


def _place(key: str, names: Sequence[str], what: str) -> int:
    if key in names:
        return list(names).index(key)
    if key.isdigit() and int(key) < len(names):
        return int(key)
    raise ValueError(f"there is no {what} {key}{did_you_mean(key, names) or f'; there are {_few(names)}'}")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")


def balanced(counts: Sequence[int]) -> list[float]:
    """n / (classes * count) for each class, as scikit-learn's "balanced"; a class without rows is none of them."""
    rows, classes = sum(counts), sum(count > 0 for count in counts)
    return [rows / (classes * count) if count else 1.0 for count in counts]
