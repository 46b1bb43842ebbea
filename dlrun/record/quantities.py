"""Times and counts as people read them.  One place, so that console and reports print the same."""

from __future__ import annotations


def short_time(seconds: float | None) -> str:
    """A time in a column: ``0.04 s``, ``6.9 s``, ``132 s``."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds:.2f} s"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds:.0f} s"


def long_time(seconds: float | None) -> str:
    """A time in a sentence: ``0.4 s``, ``1 min 16 s``, ``2 h 05 min``, ``3 d 04 h``."""
    if seconds is None:
        return ""
    if seconds < 59.5:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24:02d} h"


def count(number: float) -> str:
    """A count with commas, large rates with three digits: ``5,230``."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"
