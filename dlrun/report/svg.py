"""Scales, axes and marks of small pictures, as SVG text that a page can hold; colours are the page's classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 36
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


def evenly_logarithmic(values: Sequence[float]) -> bool:
    """Whether positive values lie about evenly by their logarithm and not by size: 0.1, 0.03, 0.01; 64, 128, 256."""
    found = sorted({float(value) for value in values})
    if len(found) < 2 or found[0] <= 0:
        return False
    if len(found) == 2:
        return found[1] / found[0] >= 9.99
    times = [high / low for low, high in zip(found, found[1:])]
    steps = [high - low for low, high in zip(found, found[1:])]
    return max(times) / min(times) < 1.7 and max(steps) / min(steps) >= 2


def number(value: float) -> str:
    """A tick's label: ``0.001``, ``25``, ``1e-05``."""
    return f"{value + 0.0:.4g}"


def px(value: float) -> str:
    """A coordinate with as many digits as a screen shows."""
    return f"{value:.1f}".removesuffix(".0")


def points(pairs: Sequence[tuple[float, float]]) -> str:
    """The attribute ``points`` of a line or a polygon."""
    return " ".join(f"{px(x)},{px(y)}" for x, y in pairs)


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "") -> str:
    """A text element at (x, y)."""
    name = f' class="{kind}"' if kind else ""
    return f'<text x="{px(x)}" y="{px(y)}" text-anchor="{anchor}"{name}>{escape(words)}</text>'


def axes(x: AxisScale | None, y: AxisScale, x_title: str, say: Callable[[float], str] = number, whole: bool = False,
         width: float = WIDTH, height: float = HEIGHT) -> str:
    """Grid lines with their labels; `whole` keeps the ticks of x to integers, x None leaves them out."""
    parts = []
    for tick in y.ticks():
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{px(width - RIGHT)}" y1="{px(y(tick))}" y2="{px(y(tick))}"/>')
        parts.append(text(LEFT - 6, y(tick) + 4, say(tick), "end"))
    if x is not None:
        ticks = [tick for tick in x.ticks() if not whole or tick == int(tick)]
        parts += [text(x(tick), height - BOTTOM + 15, number(tick), "middle") for tick in ticks]
    parts.append(f'<line class="axis" x1="{LEFT}" x2="{px(width - RIGHT)}" y1="{px(height - BOTTOM)}" '
                 f'y2="{px(height - BOTTOM)}"/>')
    parts.append(text((LEFT + width - RIGHT) / 2, height - 4, x_title, "middle", "title"))
    return "".join(parts)


def svg(content: str, title: str, width: float = WIDTH, height: float = HEIGHT, kind: str = "chart") -> str:
    """A picture; the page's style may make it as wide as its column."""
    size = f'width="{px(width)}" height="{px(height)}" viewBox="0 0 {px(width)} {px(height)}"'
    return f'<svg class="{kind}" {size} role="img" aria-label="{escape(title)}">{content}</svg>'
