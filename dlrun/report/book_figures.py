"""The pictures of a comparison with its book: seeds and printed value of each row, and the learning curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dlrun.record.axis_scale import AxisScale, number, scale_of, wide
from dlrun.report.cell_verdicts import CellVerdict
from dlrun.report.charts import DRAWN
from dlrun.report.curves import Curve, curve_of
from dlrun.report.measurements import Measurements
from dlrun.report.page import curve_figures
from dlrun.report.scale import MetricScale
from dlrun.report.svg import BOTTOM, RIGHT, TOP, px, svg, text
from dlrun.report.svg import WIDTH as CHART

WIDTH, HEIGHT, LABEL = 420, 26, 56  # of the picture in a row of the table
_STEP, _LEFT, _LETTERS = 36, 12, 56  # pixels from row to row, left of the scale; letters of a row's name


@dataclass(frozen=True)
class Line:
    """A row of a table: its finite numbers, the printed one (NaN where there is none), and the verdict."""

    name: str
    values: Sequence[float]
    printed: float
    verdict: CellVerdict

    @property
    def is_printed(self) -> bool:
        """Whether the book has a number here."""
        return self.printed == self.printed

    @property
    def ends(self) -> list[float]:
        """All that a scale has to hold."""
        room = self.verdict.predicted
        return [*self.values, *([self.printed] if self.is_printed else []), *([room.low, room.high] if room else [])]


def own_scale(line: Line, shown: MetricScale) -> str:
    """A row on a scale of its own, whose ends are written beside it: cells differ far more than seeds do."""
    if not line.ends:
        return ""
    scale = _scale(line.ends, shown, LABEL, WIDTH - LABEL)
    middle = HEIGHT / 2
    parts = [_marks(line, scale, middle), text(LABEL - 8, middle + 4, shown.number(scale.low), "end"),
             text(WIDTH - LABEL + 8, middle + 4, shown.number(scale.high))]
    return svg("".join(parts), f"{line.name}: {len(line.values)} runs and the printed value", WIDTH, HEIGHT, "book")


def one_scale(lines: Sequence[Line], shown: MetricScale) -> str:
    """All rows on one scale, printed beside measured; empty for a single row, which `own_scale` shows."""
    lines = [line for line in lines if line.ends]
    if len(lines) < 2:
        return ""
    ends = [end for line in lines for end in line.ends]
    log = not shown.metric.share and wide([value for line in lines for value in line.values], 30) and min(ends) > 0
    scale = _scale(ends, shown, _LEFT, CHART - RIGHT, log)
    bottom = TOP + _STEP * len(lines)
    parts = []
    for tick in scale.ticks():
        at = px(scale(tick))
        parts.append(f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP}" y2="{bottom}"/>')
        parts.append(text(scale(tick), bottom + 15, number(shown.times(tick)), "middle"))
    for place, line in enumerate(lines):
        top = TOP + _STEP * place
        name = line.name if len(line.name) <= _LETTERS else f"{line.name[:_LETTERS - 1]}…"
        parts += [text(0, top + 10, name, kind="value"), _marks(line, scale, top + 22)]
    parts.append(text((_LEFT + CHART - RIGHT) / 2, bottom + BOTTOM - 4, shown.head, "middle", "title"))
    return svg("".join(parts), f"{shown.head}: printed beside measured, a line a row", CHART, bottom + BOTTOM,
               "chart book-dots")


def _scale(ends: Sequence[float], shown: MetricScale, start: float, end: float, log: bool = False) -> AxisScale:
    """A scale that holds the ends; of a share no more than from 0 to 1."""
    if not shown.metric.share:
        return scale_of(ends, start, end, log)
    found = scale_of([min(max(value, 0.0), 1.0) for value in ends], start, end)
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _marks(line: Line, scale: AxisScale, middle: float) -> str:
    """A row's interval, mean, runs and printed value."""
    parts, room = [], line.verdict.predicted
    if room:
        left, right = (scale(min(max(end, scale.low), scale.high)) for end in (room.low, room.high))
        size = f'width="{px(max(1, right - left))}" height="{HEIGHT - 10}"'
        parts.append(f'<rect class="room" x="{px(left)}" y="{px(middle - HEIGHT / 2 + 5)}" {size}/>')
    if line.verdict.measured:
        at = px(scale(line.verdict.measured.mean))
        parts.append(f'<line class="mean" x1="{at}" x2="{at}" y1="{px(middle - 9)}" y2="{px(middle + 9)}"/>')
    parts += [f'<circle class="run" cx="{px(scale(value))}" cy="{px(middle)}" r="3.5"/>' for value in line.values]
    if line.is_printed:
        x = scale(line.printed)
        corners = ((x, middle - 6), (x + 6, middle), (x, middle + 6), (x - 6, middle))
        parts.append(f'<path class="printed" d="M{" L".join(f"{px(a)} {px(b)}" for a, b in corners)} Z"/>')
    return "".join(parts)


def learning_curves(measurements: Measurements) -> Iterator[tuple[str, str]]:
    """For each metric that has curves its head and its picture; a row has the colour of its place in the table."""
    by_key: dict[str, dict[int, Curve]] = {}
    for place, row in enumerate(measurements.rows):
        for key, plain in measurements.curves.get(row, {}).items():
            by_key.setdefault(key, {})[place] = curve_of(plain)
    colour = {place: place for place in range(min(len(measurements.rows), DRAWN))}
    yield from curve_figures(by_key, measurements.known, colour, measurements.rows)
