"""The pictures of a page: learning curves, each row's runs on one line, a setting against the measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from dlrun.record.axis_scale import AxisScale, number, scale_of, wide
from dlrun.record.palette import SERIES
from dlrun.report.axes import sortable
from dlrun.report.curves import Curve
from dlrun.report.scale import MetricScale
from dlrun.report.statistics import Interval
from dlrun.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, axes, evenly_logarithmic, points, px, svg, text
from dlrun.report.table import Table

COLOURS = len(SERIES)
DRAWN = 3 * COLOURS  # rows with a colour and a dash of their own; the others are grey
_STRIP = 150  # pixels of a row's line


def curve_chart(key: str, drawn: Mapping[int, Curve], colour: Mapping[int, int], labels: Sequence[str],
                shares: bool) -> str:
    """One measure over epochs: a line and a band for each row that has a colour, a thin grey line for the others."""
    bands = {i for i in drawn if i in colour}
    values = [v for i, curve in drawn.items() for point in curve.points
              for v in ((point.mean, point.low, point.high) if i in bands else (point.mean,))]
    epochs = [point.epoch for curve in drawn.values() for point in curve.points]
    log = not shares and wide(values, 30)
    # Beside a curve five times as long a short one would be a stroke at the left edge.
    uneven = min(epochs) > 0 and max(epochs) > 5 * min(curve.points[-1].epoch for curve in drawn.values())
    x = AxisScale(min(epochs), max(epochs), LEFT, WIDTH - RIGHT, uneven)
    y = scale_of(values, HEIGHT - BOTTOM, TOP, log)
    parts = [axes(x, y, "epoch", (lambda v: number(100 * v)) if shares else number, whole=True)]
    for i in sorted(drawn, key=lambda i: -colour.get(i, DRAWN)):  # the first rows lie on top
        curve = drawn[i]
        line = points([(x(point.epoch), y(point.mean)) for point in curve.points])
        kind = f"row {style_of(colour[i])}" if i in colour else "row rest"
        inner = f"<title>{escape(labels[i])}</title>"
        if i in bands and curve.runs > 1:
            low = [(x(point.epoch), y(point.low)) for point in curve.points]
            high = [(x(point.epoch), y(point.high)) for point in reversed(curve.points)]
            inner += f'<polygon points="{points(low + high)}"/>'
        if len(curve.points) == 1:
            only = curve.points[0]
            inner += f'<circle cx="{px(x(only.epoch))}" cy="{px(y(only.mean))}" r="2.5"/>'
        parts.append(f'<g class="{kind}" data-row="{i}">{inner}<polyline points="{line}"/></g>')
    return svg("".join(parts), f"{key} over epochs")


def style_of(place: int) -> str:
    """The classes of the row at a place of the table: its colour, and its dash where colours begin again."""
    return f"c{place % COLOURS} d{place // COLOURS}"


def strip_scale(table: Table, marks: Sequence[float] = ()) -> AxisScale | None:
    """The common scale of all rows' lines; `marks` are further values that it has to hold."""
    values = [value for row in table.rows for value in row.values.values()]
    return scale_of([*values, *marks], 6, _STRIP - 6, margin=0) if values else None


def strip(values: Sequence[float], summary: Interval | None, scale: AxisScale, form: MetricScale,
          marks: Sequence[tuple[float, str]] = ()) -> str:
    """One row's runs as dots, its mean as a stroke on the bar of its interval; `marks` are values with a name."""
    middle = 11
    parts = [f'<line class="grid" x1="0" x2="{_STRIP}" y1="{middle}" y2="{middle}"/>']
    if summary and not summary.pair and summary.low is not None and summary.high is not None:
        low, high = (min(max(scale(v), 0), _STRIP) for v in (summary.low, summary.high))
        parts.append(f'<rect class="interval" x="{px(low)}" y="{middle - 4}" width="{px(max(high - low, 1))}" '
                     f'height="8"/>')
    parts += [f'<circle cx="{px(scale(value))}" cy="{middle}" r="2.5"><title>{form.number(value)}</title></circle>'
              for value in values]
    if summary:
        parts.append(f'<line class="mean" x1="{px(scale(summary.mean))}" x2="{px(scale(summary.mean))}" '
                     f'y1="{middle - 7}" y2="{middle + 7}"/>')
    for value, name in marks:
        parts.append(f'<path class="mark" d="M{px(scale(value))} {middle - 2}l-4 -8h8z"><title>{escape(name)}: '
                     f'{form.number(value)}</title></path>')
    return svg("".join(parts), "runs", _STRIP, 22, "strip")


def setting_chart(table: Table, column: int) -> str:
    """A setting's values against the measure: a dot a run, a stroke at each row's mean."""
    name = table.axes.columns[column]
    rows = [(table.axes.values[i][column], row) for i, row in enumerate(table.rows) if row.summary and row.runs]
    values = [value for _, row in rows for value in row.values.values()]
    y = scale_of(values, HEIGHT - BOTTOM, TOP, not table.scale.unit and wide(values, 100))
    numbers = [value for value, _ in rows if isinstance(value, (int, float)) and not isinstance(value, bool)]
    is_number = len(numbers) == len(rows)
    place: dict[str, float] = {}
    parts = []
    if is_number:
        log = name in table.axes.log or evenly_logarithmic(numbers) or wide(numbers, 15)
        x = scale_of(numbers, LEFT + 8, WIDTH - RIGHT - 8, log)
        place = {str(value): x(value) for value in numbers}
        parts.append(axes(x, y, name, lambda v: number(table.scale.times(v))))
    else:
        labels = {str(value): row.labels[column] for value, row in sorted(rows, key=lambda pair: sortable(pair[0]))}
        step = (WIDTH - LEFT - RIGHT) / len(labels)
        place = {value: LEFT + step * (k + 0.5) for k, value in enumerate(labels)}
        parts.append(axes(None, y, name, lambda v: number(table.scale.times(v))))
        letters = max(2, int(step / 6.5))
        if letters > 3:
            parts += [text(place[value], HEIGHT - BOTTOM + 15, _short(label, letters), "middle")
                      for value, label in labels.items()]
    for value, row in rows:
        at = place[str(value)]
        assert row.summary is not None
        title = f"<title>{escape(' '.join(row.labels))}</title>"
        parts += [f'<circle class="dot" cx="{px(at)}" cy="{px(y(v))}" r="3">{title}</circle>'
                  for v in row.values.values()]
        mean = y(row.summary.mean)
        parts.append(f'<line class="mean{" best" if row.best else ""}" x1="{px(at - 8)}" x2="{px(at + 8)}" '
                     f'y1="{px(mean)}" y2="{px(mean)}">{title}</line>')
    return svg("".join(parts), f"{table.scale.head} by {name}")


def parallel(table: Table) -> str:
    """All settings and the measure side by side, a line a row, the best one marked."""
    rows = [(i, row) for i, row in enumerate(table.rows) if row.summary and row.runs]
    columns = len(table.axes.columns)
    width, height = 170.0 * (columns + 1), 300.0
    across = [90 + k * (width - 180) / columns for k in range(columns + 1)]
    at: list[dict[int, float]] = []
    parts = []
    for k, name in enumerate(table.axes.columns):
        values: dict[str, Any] = {str(table.axes.values[i][k]): table.axes.values[i][k] for i, _ in rows}
        order = sorted(values, key=lambda key: sortable(values[key]))
        places = {key: 255 - 215 * (j + 0.5) / len(order) for j, key in enumerate(order)}
        at.append({i: places[str(table.axes.values[i][k])] for i, _ in rows})
        labels = {str(table.axes.values[i][k]): row.labels[k] for i, row in rows}
        parts.append(_upright(across[k], name))
        every = max(1, len(order) // 10)
        parts += [text(across[k] - 7, places[key] + 4, _short(labels[key], 14), "end", "value")
                  for key in order[::every]]
    y = scale_of([row.summary.mean for _, row in rows if row.summary], 255, 40)
    at.append({i: y(row.summary.mean) for i, row in rows if row.summary})
    parts.append(_upright(across[-1], table.scale.head))
    parts += [text(across[-1] + 7, y(tick) + 4, number(table.scale.times(tick))) for tick in y.ticks()]
    ranked = sorted(rows, key=lambda pair: (pair[1].best, -at[-1][pair[0]]))
    lines = [f'<polyline class="way{" best" if row.best else ""}" '
             f'points="{points([(across[k], at[k][i]) for k in range(columns + 1)])}">'
             f"<title>{escape(' '.join(row.labels))}</title></polyline>" for i, row in ranked]
    return svg("".join([*lines, *parts]), "settings and measure, a line a row", width, height, "chart across")


def _upright(x: float, name: str) -> str:
    return (f'<line class="axis" x1="{px(x)}" x2="{px(x)}" y1="30" y2="262"/>'
            + text(x, 286, _short(name, 20), "middle", "title"))


def _short(label: str, letters: int) -> str:
    return label if len(label) <= letters else label[: letters - 1] + "…"
