"""A value as it is typed, and where it came from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Origin = Callable[[str], str]  # dotted key -> "file:line", empty for the command line


def nowhere(key: str) -> str:
    """The origin of keys that no file has set."""
    return ""


def show(value: Any) -> str:
    """A value as it is typed: ``null``, ``true``, ``[1,2]``, ``{a: 1}``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(show(member) for member in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(member)}" for key, member in value.items()) + "}"
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value)
