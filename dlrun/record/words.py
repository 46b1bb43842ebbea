"""Numbers as people read them: metrics, times, counts.  One place, so that console and reports print the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def metric_name(key: str) -> str:
    """The name without its part: ``loss`` of ``val/loss``."""
    return key.rpartition("/")[2]


def is_share(key: str) -> bool:
    """Whether a metric is a fraction that is shown in percent: accuracies, rows all right, the shares of samples."""
    name = metric_name(key)
    if key.startswith(("steps@", "onset/")):  # how long it took
        return False
    return "accuracy" in name or name == "exact_match" or key in ("samples/duplicates", "samples/sure")


def metric(key: str, value: Any, decimals: int = 1) -> str:
    """A metric's value: accuracies as percent with `decimals`, anything else with four significant digits or more.

    >>> metric("val/accuracy", 0.98765), metric("val/loss", 0.0512949), metric("val/loss", 3.2e-7)
    ('98.8 %', '0.0513', '3.200e-07')
    """
    if value is None or not math.isfinite(value):
        return "nan" if value is None else str(float(value))
    if is_share(key):
        return f"{100 * value:.{decimals}f} %"
    if metric_name(key) == "classes":
        return f"{value:g}"
    size = abs(value)
    if size and (size < 1e-3 or size >= 1e6):
        return f"{value:.3e}"
    if size >= 1000:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 100 else f"{value:.4f}"


def metrics(values: Mapping[str, Any], decimals: int = 2) -> str:
    """Several in a sentence: ``loss 0.0291 · accuracy 99.07 %``; what is no number is left out."""
    numbers = {key: value for key, value in values.items() if isinstance(value, (int, float)) or value is None}
    named = [(metric_name(key).replace("_", " "), metric(key, value, decimals)) for key, value in numbers.items()]
    return " · ".join(f"{name} {number}" for name, number in named)


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
