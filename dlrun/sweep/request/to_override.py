"""Values as overrides, so that a file's values are read in the way of what is typed."""

from __future__ import annotations

import os
import re
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException


def to_override(key: str, value: Any) -> str:
    """The override that sets `key` to `value`; Hydra reads exactly this value from it.

    Numbers and arrays of NumPy or torch count as Python's, a path as its text.

    >>> to_override("name", "a, b"), to_override("name", "1e-3")
    ("name='a, b'", "name='1e-3'")
    >>> to_override("model.hidden", [8, "x"]), to_override("seed", None)
    ('model.hidden=[8,x]', 'seed=null')
    """
    return f"{key}={_text(value)}"


def _text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(key)}:{_text(member)}" for key, member in value.items()) + "}"
    if isinstance(value, str):
        return value if _is_plain(value) else QuotedString(value, Quote.single).with_quotes()
    if isinstance(value, os.PathLike):
        return _text(os.fspath(value))
    if hasattr(value, "tolist"):
        return _text(value.tolist())
    return repr(value)


# Words of Hydra's grammar; what it takes for a value of another type is left to it.
_WORD = re.compile(r"(?!(?:null|true|false|nan|inf)$)[a-z_][a-z0-9_./-]*", re.IGNORECASE | re.ASCII)


def _is_plain(text: str) -> bool:
    """Whether a text needs no quotes, alone and as a member of a list or a mapping."""
    if _WORD.fullmatch(text):
        return True
    try:
        parser = OverridesParser.create()
        return parser.parse_override(f"k=[{text}]").value() == [text] and (
            parser.parse_override(f"k={{a:{text}}}").value() == {"a": text})
    except HydraException:
        return False
