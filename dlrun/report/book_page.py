"""The page of a comparison with its book: the printed value on the distribution that was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dlrun.config.books import Book
from dlrun.report.book_text import STYLES, Pair, claim_rows, lines_of, sentences, shown_scale, tables_of
from dlrun.report.judged import Judged
from dlrun.report.measure import title
from dlrun.report.measured import Measured
from dlrun.report.page import environment
from dlrun.report.svg import Scale, px, scale_of, svg

_STYLES = {"green": "good", "cyan": "good", "red": "bad"}
WIDTH, HEIGHT = 340, 26


def as_page(book: Book, measured: Measured, judged: Judged, look: Callable[[str, str], dict[int, float]]) -> str:
    """One HTML file that needs nothing else; everything that comes from files is escaped."""
    parts = [_part(metric, pairs, measured, look) for metric, pairs in tables_of(measured, judged).items()]
    claims = [{"says": says, "verdict": word, "difference": difference.replace("+-", "±"), "style": _style(word)}
              for says, word, difference in claim_rows(judged)]
    return environment().get_template("book.html").render(
        book=book, measured=measured, judged=judged, parts=parts, claims=claims,
        sentences=[sentence.replace("+-", "±") for sentence in sentences(book, measured, judged)])


def _part(metric: str, pairs: Sequence[Pair], measured: Measured,
          look: Callable[[str, str], dict[int, float]]) -> dict[str, Any]:
    shown = shown_scale(metric, pairs)
    values = [list(look(cell.row or measured.rows[0], metric).values()) for cell, _ in pairs]
    ends = [value for own in values for value in own]
    ends += [cell.value for cell, _ in pairs if cell.value == cell.value]
    rooms = [verdict.predicted for _, verdict in pairs if verdict.predicted]
    ends += [end for room in rooms for end in (room.low, room.high)]
    scale = scale_of(ends, 8, WIDTH - 8) if ends else Scale(0, 1, 8, WIDTH - 8)
    rows = []
    for (cell, verdict), own, line in zip(pairs, values, lines_of(pairs, measured)):
        name, printed, told, n, word = line
        rows.append({"name": name, "printed": printed, "measured": told.replace("+-", "±"), "n": n, "verdict": word,
                     "style": _style(verdict.word), "picture": _picture(own, cell.value, verdict, scale, name)})
    return {"title": shown.head, "rows": rows, "low": shown.number(scale.low), "high": shown.number(scale.high),
            "metric": title(metric)}


def _picture(values: Sequence[float], printed: float, verdict: Any, scale: Scale, name: str) -> str:
    middle, parts = HEIGHT / 2, []
    if verdict.predicted:
        low, high = scale(verdict.predicted.low), scale(verdict.predicted.high)
        size = f'width="{px(max(1, high - low))}" height="{HEIGHT - 10}"'
        parts.append(f'<rect class="room" x="{px(low)}" y="5" {size}/>')
    if verdict.measured:
        at = px(scale(verdict.measured.mean))
        parts.append(f'<line class="mean" x1="{at}" x2="{at}" y1="4" y2="{HEIGHT - 4}"/>')
    parts += [f'<circle class="run" cx="{px(scale(value))}" cy="{px(middle)}" r="3.5"/>' for value in values]
    if printed == printed:
        x = scale(printed)
        corners = ((x, middle - 6), (x + 6, middle), (x, middle + 6), (x - 6, middle))
        parts.append(f'<path class="printed" d="M{" L".join(f"{px(a)} {px(b)}" for a, b in corners)} Z"/>')
    return svg("".join(parts), f"{name}: {len(values)} runs and the printed value", WIDTH, HEIGHT, "book")


def _style(word: str) -> str:
    return _STYLES.get(STYLES.get(word, ""), "quiet")
