"""Nested mappings as dotted keys."""

from __future__ import annotations

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
