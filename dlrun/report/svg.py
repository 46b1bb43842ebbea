"""Axes and marks of small pictures, as SVG text that a page can hold; colours are the page's classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from dlrun.record.axis_scale import AxisScale, number

WIDTH, HEIGHT = 400, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 12, 36


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
