"""Cells of CSV files: data to a spreadsheet, whatever they say."""

from __future__ import annotations

from dlrun.record.terminal import printable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """A value as a CSV cell: a text that a spreadsheet would take for a formula gets a ``'`` before it.

    Numbers and texts that are numbers stay as they are; control characters become their escapes.

    >>> [cell(value) for value in (-1.5, "-1.5", "=1+2", "rose")]
    [-1.5, '-1.5', "'=1+2", 'rose']
    """
    if not isinstance(value, str):
        return value
    if value.lstrip(" \n").startswith(_FORMULA) and not _is_number(value):
        value = f"'{value}"
    return printable(value)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.isascii()
