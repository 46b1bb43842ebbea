"""A comparison's verdicts: on every printed cell and every claim, and the count of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from dlrun.config.schema.books import PROFILES, Book, Cell, Claim
from dlrun.report.cell_verdicts import COMPARED, EXPECTED, REPRODUCED, WORSE, CellVerdict, never, verdict_on
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, ClaimVerdict, decide, rows_of
from dlrun.report.claim_verdicts import MISSING as NOT_DECIDED
from dlrun.report.derived import describe
from dlrun.report.measurements import Measurements
from dlrun.report.statistics import interval

FULL, QUICK = PROFILES
SAME_DATA = ("rebuilt",)  # labels of data that is the book's: the same rows, written again


@dataclass(frozen=True)
class Verdicts:
    """Cells and claims in the book's order; `ours` are rows that the book has no number of, measured or lost.

    `incomparable` says why the printed cells cannot be compared, where that is so.
    """

    cells: list[tuple[Cell, CellVerdict]]
    claims: list[tuple[Claim, ClaimVerdict]]
    ours: list[tuple[Cell, CellVerdict]]
    incomparable: str

    def summary(self) -> str:
        """``12 cells printed · 10 comparable · 9 reproduced (...) · claims: 2 hold, 1 undecided``."""
        words = Counter(verdict.word for _, verdict in self.cells)
        comparable = sum(words[word] for word in COMPARED)
        parts = [f"{len(self.cells)} cell{'' if len(self.cells) == 1 else 's'} printed"] if self.cells else []
        if comparable:
            parts.append(f"{comparable} comparable, {words[REPRODUCED]} reproduced (about {EXPECTED * comparable:.1f} "
                         "true ones fall outside by chance)")
        parts += [f"{count} {word}" for word, count in words.items() if word not in COMPARED]
        claims = Counter(verdict.word for _, verdict in self.claims)
        if claims:
            parts.append("claims: " + ", ".join(f"{count} {_plural(word, count)}" for word, count in claims.items()))
        return " · ".join(parts)


def _plural(word: str, count: int) -> str:
    return "hold" if word == HOLDS and count > 1 else word


def why_incomparable(book: Book, measurements: Measurements) -> str:
    """Why printed cells cannot be compared with these runs; empty where they can."""
    labels = [label for label in measurements.labels if label not in SAME_DATA]
    parts = [f"stand-in: {book.stand_in}"] if book.stand_in else [f"data: {', '.join(labels)}"] if labels else []
    if measurements.profile == QUICK:
        settings = " ".join(book.quick)
        parts.append(f"quick profile ({settings}) in place of the book's; the claims are judged on such runs")
    return "; ".join(parts)


def explanations(book: Book, verdicts: Verdicts, profile: str, full: Verdicts | None = None) -> dict[str, str]:
    """What explains each *worse* and *contradicted*: the book's file, or that it holds in `full`; else it is open."""
    asked = [cell.row or cell.metric for cell, verdict in verdicts.cells if verdict.word == WORSE]
    asked += [claim.says for claim, verdict in verdicts.claims if verdict.word == CONTRADICTED]
    held = [claim.says for claim, verdict in (full.claims if full else []) if verdict.word == HOLDS]
    in_full = dict.fromkeys(held, "it holds in full: these runs are too short for it.")
    return {key: book.explained.get(key, {}).get(profile) or in_full.get(key, "open; no run has shown yet why.")
            for key in asked}


def verdicts_on(book: Book, measurements: Measurements, values_of: Callable[[str, str], dict[int, float]],
                metric: str) -> Verdicts:
    """Verdicts on all cells and claims; `metric` is what rows stand for where nothing else is given."""
    incomparable = why_incomparable(book, measurements)
    only = measurements.rows[0] if len(measurements.rows) == 1 else ""
    known = measurements.known
    cells = [(cell, verdict_on(cell, list(values_of(cell.row or only, cell.metric).values()),
                               describe(cell.metric, known), incomparable)) for cell in book.printed]
    printed = {(cell.row or only) for cell in book.printed}
    ours = []
    for row in measurements.rows:
        values = list(values_of(row, metric).values())
        if row not in printed and (values or measurements.lost.get(row)):
            seen = interval(values) if values and not never(values) else None
            ours.append((Cell(metric, float("nan"), 0.0, row), CellVerdict(never(values) or "ours", seen)))
    claims = [(claim, _decided(claim, measurements, values_of, claim.metric or metric))
              for claim in book.claims if claim.check]
    return Verdicts(cells, claims, ours, incomparable)


def _decided(claim: Claim, measurements: Measurements, values_of: Callable[[str, str], dict[int, float]],
             metric: str) -> ClaimVerdict:
    if not set(rows_of(claim.check)) <= set(measurements.rows):  # a narrowed comparison lacks rows
        return ClaimVerdict(NOT_DECIDED)
    return decide(claim.check, measurements.rows, lambda row, other: values_of(row, other or metric))
