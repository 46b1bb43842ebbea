"""From values to pixels: the scales of plots, of pictures and of pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LARGEST = 1e150  # of what is drawn: differences and ratios of larger numbers are infinite


@dataclass(frozen=True)
class AxisScale:
    """From values to pixels, `start` for `low`; logarithmic where `log`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        value = _drawable(value, self.log)
        low, high, value = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, count: int = 5) -> list[float]:
        """Round values inside the scale: steps of 1, 2 or 5; powers of ten (and 2, 5 times them) on a log scale."""
        if self.high <= self.low:
            return [self.low]
        if self.log:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            for steps in ((1,), (1, 3), (1, 2, 5)):
                found = [step * 10.0 ** power for power in powers for step in steps]
                inside = [tick for tick in found if self.low * 0.999 <= tick <= self.high * 1.001]
                if len(inside) >= 3:
                    return inside if len(inside) <= 7 else inside[:: math.ceil(len(inside) / 7)]
        raw = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(size * power for size in (1, 2, 5, 10) if size * power >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def scale_of(values: Sequence[float], start: float, end: float, log: bool = False, margin: float = 0.04) -> AxisScale:
    """A scale that holds all values with a little room."""
    low, high = (_drawable(value, log) for value in (min(values), max(values)))
    if log:
        room = (high / low) ** margin if high > low else 2.0
        return AxisScale(low / room, high * room, start, end, True)
    room = (high - low) * margin if high > low else abs(high) * 0.1 or 1.0
    return AxisScale(low - room, high + room, start, end)


def _drawable(value: float, log: bool) -> float:
    """The value, or the nearest that can be drawn; on a log scale it has to be above 0."""
    return max(1 / LARGEST if log else -LARGEST, min(LARGEST, value))


def wide(values: Sequence[float], times: float) -> bool:
    """Whether positive values span so much that only a log scale tells them apart."""
    return bool(values) and min(values) > 0 and max(values) > times * min(values)


def number(value: float) -> str:
    """A tick's label: ``0.001``, ``25``, ``620,000``, ``1e-05``."""
    if 1e4 <= abs(value) < 1e7 and value == round(value, -2):
        return f"{value:,.0f}"
    return f"{value + 0.0:.4g}"
