"""Nested mappings as dotted keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def flatten(mapping: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Leaves of a nested mapping by dotted key; lists and empty mappings are leaves.

    >>> flatten({"seed": 0, "model": {"hidden": [3], "args": {}}})
    {'seed': 0, 'model.hidden': [3], 'model.args': {}}
    """
    flat: dict[str, Any] = {}
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The keys of flat mappings whose values differ, or that one of them lacks, in their order.

    A key that is null is as one that is missing.

    >>> differing({"seed": 0, "epochs": 3}, {"seed": 0, "epochs": 5, "name": "a"})
    ['epochs', 'name']
    """
    return [key for key in {**one, **other} if one.get(key) != other.get(key)]
