"""Weights that a user gives by class or target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlrun.config.problem import Problem


def weight_problems(given: Any, names: tuple[str, ...], key: str, what: str) -> Iterator[Problem]:
    """The problem of weights that are not those of these names."""
    if given is None or isinstance(given, str):
        return
    from dlrun.config.schema.weights import in_order

    try:
        in_order(given, names, what)
    except ValueError as error:
        yield Problem(key, str(error))
