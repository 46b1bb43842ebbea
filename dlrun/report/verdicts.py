"""A comparison's verdicts: on every printed cell and every claim, and the count of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass

from dlrun.config.schema.books import PROFILES, Book, Cell, Claim
from dlrun.report.cell_verdicts import (
    BETTER,
    COMPARED,
    DIFFERENT,
    EXPECTED,
    REPRODUCED,
    WORSE,
    CellVerdict,
    never,
    verdict_on,
)
from dlrun.report.claim_checks import metrics_of, rows_of
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, OTHER_WAY, ClaimVerdict, decide, unjudged
from dlrun.report.claim_verdicts import MISSING as NOT_DECIDED
from dlrun.report.derived import describe
from dlrun.report.measurements import Measurements
from dlrun.report.statistics import interval

FULL, QUICK = PROFILES
PARAMETERS = "parameters"  # their count does not depend on the pictures
SAME_DATA = ("rebuilt",)  # labels of data that is the book's: the same rows, written again
ValuesOf = Callable[[str, str], dict[int, float]]  # row, metric -> the values of its seeds


@dataclass(frozen=True)
class Verdicts:
    """Cells and claims in the book's order; `ours` are rows that the book has no number of, measured or lost.

    `incomparable` says why the printed cells cannot be compared, `replaced` that the book's data has a stand-in (not a
    copy that is compressed otherwise), `changed` that they are of other settings than these
    runs, `unjudged` why nothing is judged at all (short runs), where that is so.
    """

    cells: list[tuple[Cell, CellVerdict]]
    claims: list[tuple[Claim, ClaimVerdict]]
    ours: list[tuple[Cell, CellVerdict]]
    incomparable: str
    unjudged: str = ""
    changed: str = ""
    replaced: bool = False

    def on_stand_in(self, claim: Claim) -> bool:
        """Whether a claim was checked on something that replaces the book's data."""
        by_size = not self.replaced and metrics_of(claim.check, claim.metric or "") == {PARAMETERS}
        return bool(self.incomparable) and not by_size or not claim.comparable

    def summary(self) -> str:
        """``12 cells printed · 10 comparable · 9 reproduced (...) · claims: 2 hold, 1 undecided``."""
        words = Counter(verdict.word for _, verdict in self.cells)
        comparable = sum(words[word] for word in COMPARED)
        parts = [f"{len(self.cells)} cell{'' if len(self.cells) == 1 else 's'} printed"] if self.cells else []
        if comparable:
            parts.append(f"{comparable} comparable, {words[REPRODUCED]} reproduced (about {EXPECTED * comparable:.1f} "
                         "true ones fall outside by chance)")
        parts += [f"{count} {word}" for word, count in words.items() if word not in COMPARED]
        for what, stand_in in (("claims", False), ("claims on a stand-in", True)):
            claims = Counter(verdict.word for claim, verdict in self.claims if self.on_stand_in(claim) == stand_in)
            if claims:
                parts.append(f"{what}: " + ", ".join(f"{count} {_plural(word, count)}"
                                                     for word, count in claims.items()))
        return " · ".join(parts)


def _plural(word: str, count: int) -> str:
    return "hold" if word == HOLDS and count > 1 else word


def why_incomparable(book: Book, measurements: Measurements) -> str:
    """Why printed cells cannot be compared with these runs; empty where they can."""
    labels = [label for label in measurements.labels if label not in SAME_DATA]
    return f"stand-in: {book.stand_in}" if book.stand_in else f"data: {', '.join(labels)}" if labels else ""


def why_unjudged(book: Book, measurements: Measurements) -> str:
    """Why short runs are not judged; empty for those of the full profile."""
    if measurements.profile != QUICK:
        return ""
    return f"the quick profile ({' '.join(book.quick)}) is not the book's experiment; numbers show a direction alone"


def explanations(book: Book, verdicts: Verdicts, profile: str, full: Verdicts | None = None) -> dict[str, str]:
    """What explains each *better*, *worse* and *contradicted*: the book's file, else it is open.

    Of short runs, which are not judged, a claim that they point against is explained where that is known: by the file,
    or as it holds in `full`.
    """
    known = {key: by_profile[profile] for key, by_profile in book.explained.items() if profile in by_profile}
    if profile == QUICK:
        held = [claim.says for claim, verdict in (full.claims if full else []) if verdict.word == HOLDS]
        known = {**dict.fromkeys(held, "it holds in full: these runs are too short for it."), **known}
        against = [claim.says for claim, verdict in verdicts.claims if verdict.remark == OTHER_WAY]
        return {key: known[key] for key in against if key in known}
    asked = [cell.row or cell.metric for cell, verdict in verdicts.cells if verdict.word in (BETTER, WORSE, DIFFERENT)]
    asked += [claim.says for claim, verdict in verdicts.claims if verdict.word == CONTRADICTED]
    return {key: known.get(key, "open; no run has shown yet why.") for key in asked}


def verdicts_on(book: Book, measurements: Measurements, values_of: ValuesOf, metric: str,
                claim_seeds: Collection[int] | None = None, changed: Collection[str] = ()) -> Verdicts:
    """Verdicts on all cells and claims; `metric` is what rows stand for where nothing else is given.

    Cells are judged by all seeds, claims by `claim_seeds` (None: all), which were fixed before anything was measured:
    seeds that were added until a cell was narrow enough are not to decide a claim.  `changed` are overrides that set
    what the book's experiment has otherwise: its numbers are then not comparable, and its claims are of such runs.
    """
    incomparable, short = why_incomparable(book, measurements), why_unjudged(book, measurements)
    other = f"with {' '.join(changed)} it is another experiment than the book's" if changed else ""
    only = measurements.rows[0] if len(measurements.rows) == 1 else ""
    known = measurements.known
    cells = [(cell, verdict_on(cell, list(values_of(cell.row or only, cell.metric).values()),
                               describe(cell.metric, known), _incomparable(cell, book, incomparable) or other,
                               bool(short)))
             for cell in book.printed]
    printed = {(cell.row or only) for cell in book.printed}
    here = {(cell.row or only) for cell in book.printed if cell.metric == metric}
    # A row whose printed numbers are of another metric stands beside the others, where there is such a table.
    tabled = bool(here) or any(row not in printed for row in measurements.rows)
    ours = []
    for row in measurements.rows if tabled else ():
        values = list(values_of(row, metric).values())
        if row not in here and (values or measurements.lost.get(row)):
            seen = interval(values) if values and not never(values) else None
            ours.append((Cell(metric, float("nan"), 0.0, row), CellVerdict(never(values) or "ours", seen)))
    seeds = None if short else claim_seeds  # short runs have seeds of their own
    claims = [(claim, _decided(claim, measurements, values_of, claim.metric or metric, seeds))
              for claim in book.claims if claim.check]
    return Verdicts(cells, [(claim, unjudged(verdict) if short else verdict) for claim, verdict in claims], ours,
                    incomparable, short, other, bool(book.stand_in))


def _incomparable(cell: Cell, book: Book, why: str) -> str:
    """Why a cell cannot be compared; a count of parameters does not depend on how pictures were compressed."""
    return why if cell.metric != PARAMETERS or book.stand_in else ""


def _decided(claim: Claim, measurements: Measurements, values_of: ValuesOf, metric: str,
             seeds: Collection[int] | None) -> ClaimVerdict:
    if not set(rows_of(claim.check)) <= set(measurements.rows):  # a narrowed comparison lacks rows
        return ClaimVerdict(NOT_DECIDED)

    missing: set[int] = set()  # of the seeds that are fixed: without a run, or with one that came to no number

    def fixed(row: str, other: str | None) -> dict[int, float]:
        values = values_of(row, other or metric)
        missing.update(set(seeds or ()) - set(values))
        return values if seeds is None else {seed: value for seed, value in values.items() if seed in seeds}

    verdict = decide(claim.check, measurements.rows, fixed)
    return unjudged(verdict, f"it is to be judged by {len(seeds or ())} seeds") if missing else verdict
