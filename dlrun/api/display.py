"""Tables that a notebook displays: plain HTML without a style of its own, so that it follows the notebook's."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any


def table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """An HTML table; numbers have four significant digits and stand at the right, texts are escaped."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    text = "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
    align = "right" if isinstance(value, (int, float)) else "left"
    return f'<td style="text-align:{align}">{escape(text)}</td>'
