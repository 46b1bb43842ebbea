"""The page of a comparison with its book: the printed value on the distribution that was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from dlrun.config.schema.books import Book
from dlrun.record.palette import BAD, GOOD, NOTED
from dlrun.report.book_figures import Line, learning_curves, one_scale, own_scale
from dlrun.report.book_text import STYLES, Pair, claim_rows, lines_of, sentences, shown_scale, tables_of
from dlrun.report.charts import DRAWN, style_of
from dlrun.report.measurements import Measurements
from dlrun.report.page import environment
from dlrun.report.verdicts import Verdicts

_STYLES = {GOOD: "good", NOTED: "good", BAD: "bad"}


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
    curves = list(learning_curves(measurements))
    dots = [] if curves else [part["dots"] for part in parts if part["dots"]]  # where no curve tells rows apart
    legend = [(style_of(place), row) for place, row in enumerate(measurements.rows[:DRAWN])
              if row in measurements.curves]
    return environment().get_template(template).render(
        book=book, dots=dots, curves=curves, legend=legend, measurements=measurements, verdicts=verdicts, parts=parts,
        claims=claims,
        sentences=[sentence.replace("+-", "±") for sentence in sentences(book, measurements, verdicts, full)])


def _part(metric: str, pairs: Sequence[Pair], measurements: Measurements,
          values_of: Callable[[str, str], dict[int, float]]) -> dict[str, Any]:
    shown = shown_scale(metric, pairs, measurements)
    rows, lines = [], []
    for (cell, verdict), line in zip(pairs, lines_of(pairs, measurements)):
        by_seed = values_of(cell.row or measurements.rows[0], metric)
        name, printed, measured, sd, n, word = line
        drawn = Line(name, [value for value in by_seed.values() if math.isfinite(value)], cell.value, verdict)
        lines.append(drawn)
        rows.append({"name": name, "printed": printed, "measured": measured.replace("+-", "±"), "sd": sd, "n": n,
                     "verdict": word, "style": _style(verdict.word),
                     "picture": own_scale(drawn, shown)})
    return {"title": shown.head, "rows": rows, "dots": one_scale(lines, shown)}


def _style(word: str) -> str:
    return _STYLES.get(STYLES.get(word, ""), "quiet")
