"""The page of a comparison with its book: the printed value on the distribution that was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from dlrun.config.schema.books import Book
from dlrun.record.axis_scale import scale_of
from dlrun.record.palette import BAD, GOOD, NOTED
from dlrun.report.book_text import STYLES, Pair, claim_rows, lines_of, sentences, shown_scale, tables_of
from dlrun.report.cell_verdicts import CellVerdict
from dlrun.report.measurements import Measurements
from dlrun.report.page import environment
from dlrun.report.scale import MetricScale
from dlrun.report.svg import px, svg, text
from dlrun.report.verdicts import Verdicts

_STYLES = {GOOD: "good", NOTED: "good", BAD: "bad"}
WIDTH, HEIGHT, LABEL = 420, 26, 56


def as_page(book: Book, measurements: Measurements, verdicts: Verdicts,
            values_of: Callable[[str, str], dict[int, float]]) -> str:
    """One HTML file that needs nothing else; everything that comes from files is escaped."""
    return _rendered("book.html", book, measurements, verdicts, values_of)


def as_parts(book: Book, measurements: Measurements, verdicts: Verdicts,
             values_of: Callable[[str, str], dict[int, float]], full: Verdicts | None = None) -> str:
    """The tables, claims and notes of such a file, for a page with a head and a style of its own.

    `full` has the verdicts of the full profile, where these runs are short ones.
    """
    return _rendered("book_parts.html", book, measurements, verdicts, values_of, full)


def _rendered(template: str, book: Book, measurements: Measurements, verdicts: Verdicts,
              values_of: Callable[[str, str], dict[int, float]], full: Verdicts | None = None) -> str:
    parts = [_part(metric, pairs, measurements, values_of)
             for metric, pairs in tables_of(measurements, verdicts).items()]
    claims = [{"says": says, "verdict": word, "difference": difference.replace("+-", "±"), "style": _style(word)}
              for says, word, difference in claim_rows(verdicts)]
    return environment().get_template(template).render(
        book=book, measurements=measurements, verdicts=verdicts, parts=parts, claims=claims,
        sentences=[sentence.replace("+-", "±") for sentence in sentences(book, measurements, verdicts, full)])


def _part(metric: str, pairs: Sequence[Pair], measurements: Measurements,
          values_of: Callable[[str, str], dict[int, float]]) -> dict[str, Any]:
    shown = shown_scale(metric, pairs, measurements)
    rows = []
    for (cell, verdict), line in zip(pairs, lines_of(pairs, measurements)):
        by_seed = values_of(cell.row or measurements.rows[0], metric)
        values = [value for value in by_seed.values() if math.isfinite(value)]
        name, printed, measured, sd, n, word = line
        rows.append({"name": name, "printed": printed, "measured": measured.replace("+-", "±"), "sd": sd, "n": n,
                     "verdict": word, "style": _style(verdict.word),
                     "picture": _picture(values, cell.value, verdict, shown, name)})
    return {"title": shown.head, "rows": rows}


def _picture(values: Sequence[float], printed: float, verdict: CellVerdict, shown: MetricScale, name: str) -> str:
    """A row on a scale of its own, whose ends are written beside it: cells differ far more than seeds do."""
    room, is_printed = verdict.predicted, printed == printed  # a row of ours has NaN there
    ends = [*values, *([printed] if is_printed else []), *([room.low, room.high] if room else [])]
    if not ends:
        return ""
    low, high = (0.0, 1.0) if shown.metric.share else (min(ends), max(ends))
    scale = scale_of([min(max(end, low), high) for end in ends], LABEL, WIDTH - LABEL)
    middle, parts = HEIGHT / 2, []
    if room:
        left, right = (scale(min(max(end, scale.low), scale.high)) for end in (room.low, room.high))
        size = f'width="{px(max(1, right - left))}" height="{HEIGHT - 10}"'
        parts.append(f'<rect class="room" x="{px(left)}" y="5" {size}/>')
    if verdict.measured:
        at = px(scale(verdict.measured.mean))
        parts.append(f'<line class="mean" x1="{at}" x2="{at}" y1="4" y2="{HEIGHT - 4}"/>')
    parts += [f'<circle class="run" cx="{px(scale(value))}" cy="{px(middle)}" r="3.5"/>' for value in values]
    if is_printed:
        x = scale(printed)
        corners = ((x, middle - 6), (x + 6, middle), (x, middle + 6), (x - 6, middle))
        parts.append(f'<path class="printed" d="M{" L".join(f"{px(a)} {px(b)}" for a, b in corners)} Z"/>')
    parts.append(text(LABEL - 8, middle + 4, shown.number(scale.low), "end"))
    parts.append(text(WIDTH - LABEL + 8, middle + 4, shown.number(scale.high)))
    return svg("".join(parts), f"{name}: {len(values)} runs and the printed value", WIDTH, HEIGHT, "book")


def _style(word: str) -> str:
    return _STYLES.get(STYLES.get(word, ""), "quiet")
