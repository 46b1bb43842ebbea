"""What all comparisons come to: by how much was run of each, and every printed number of a run counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from dlrun.report.cell_verdicts import (
    COMPARED,
    EXPECTED,
    MORE_SEEDS,
    NOT_COMPARABLE,
    ONE_SEED,
    REPRODUCED,
    TOO_WIDE,
    CellVerdict,
)
from dlrun.report.claim_checks import on_runs
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, UNDECIDED
from dlrun.report.experiments import BookExperiment
from dlrun.report.measurements import Measurements
from dlrun.report.verdicts import FULL, Verdicts

STAND_IN, SHORT, NOT_RUN = "in full, on a stand-in", "short runs, not judged", "not run"
TIERS = ("in full, 20 seeds or more", "in full, 5 seeds or more", "in full, fewer seeds", STAND_IN, SHORT, NOT_RUN)
Key = TypeVar("Key")
LEAST = (20, 5, 0)  # seeds of the first three
HEAD = ("", "tables", "cells printed", "comparable", "reproduced", "outside", "expected outside by chance",
        "too few seeds or too wide", "not comparable", "runs with a cell outside", "claims", "hold", "contradicted",
        "undecided", "not judged")


class Number(NamedTuple):
    """A printed number of a run; `step` is that of its last digit."""

    run: str
    metric: str
    value: float
    step: float

    def is_same(self, other: Number) -> bool:
        """Whether one of them is the other, or is it in fewer digits: 92.36 % is 0.9236, and 0.92 too."""
        room = max(self.step, other.step) / 2 + 1e-12
        return self[:2] == other[:2] and abs(self.value - other.value) <= room


@dataclass(frozen=True)
class Counted:
    """A number or a claim, and where it is counted; of two tables that have it the one with the higher `rank` counts.
    """

    tier: str
    word: str = ""
    run: str = ""
    rank: tuple[bool, int] = (False, 0)


@dataclass
class Tier:
    """Counts of what was run as far; `runs` has for each run whether one of its cells lies outside."""

    tables: int = 0
    cells: Counter[str] = field(default_factory=Counter)
    claims: Counter[str] = field(default_factory=Counter)
    runs: dict[str, bool] = field(default_factory=dict)

    def add_cell(self, cell: Counted) -> None:
        """Count a printed number by its verdict."""
        self.cells[cell.word] += 1
        if cell.word in COMPARED:
            self.runs[cell.run] = self.runs.get(cell.run, False) or cell.word != REPRODUCED

    def row(self, judged: bool) -> list[str]:
        """The cells of a line of the summary's table; without verdicts where nothing is judged.

        What is comparable, too wide, and not comparable are all cells; the four last columns are all claims.
        """
        cells, claims = self.cells.total(), self.claims.total()
        if not judged:
            return [str(self.tables), str(cells), *[""] * 7, str(claims), *[""] * 4]
        comparable = sum(self.cells[word] for word in COMPARED)
        open_yet = sum(self.cells[word] for word in (TOO_WIDE, MORE_SEEDS, ONE_SEED))
        decided = [self.claims[word] for word in (HOLDS, CONTRADICTED, UNDECIDED)]
        outside = f"{sum(self.runs.values())} of {len(self.runs)}" if self.runs else ""
        same = self.cells[REPRODUCED]
        return [*map(str, (self.tables, cells, comparable, same, comparable - same)),
                f"{EXPECTED * comparable:.1f}" if comparable else "",
                *map(str, (open_yet, cells - comparable - open_yet)), outside,
                *map(str, (claims, *decided, claims - sum(decided)))]


class Summary:
    """Counts over all comparisons; each stands in one tier, that of the most that was run of it.

    A number that several tables print of one run counts once, in whatever digits, by the most seeds that it was judged
    by, and so does a claim that they check on the same runs.  A claim stands in the tier of the seeds that decide it,
    which may be fewer than those of its table's numbers.
    """

    def __init__(self) -> None:
        self._tables: list[str] = []
        self._cells: dict[Number, Counted] = {}
        self._claims: dict[str, Counted] = {}

    def add(self, experiment: BookExperiment, found: Mapping[str, Measurements], verdicts: Verdicts | None) -> None:
        """Count a comparison with what was measured of it by profile, and the verdicts of its full profile."""
        full = found.get(FULL)
        if full is None or verdicts is None:
            self._add_unjudged(experiment, SHORT if found else NOT_RUN)
            return
        tier = tier_of(len(full.seeds), bool(verdicts.incomparable))
        self._tables.append(tier)
        only = full.rows[0] if len(full.rows) == 1 else ""
        for cell, verdict in verdicts.cells:
            run = _run(experiment, full, cell.row or only)
            self._count(Number(run, cell.metric, cell.value, cell.step),
                        Counted(tier, verdict.word, run, _rank(verdict)))
        seeds = min(len(experiment.claim_seeds), len(full.seeds))
        for claim, decided in verdicts.claims:
            check = on_runs(claim.check, lambda row: _run(experiment, full, row), claim.metric or experiment.metric)
            stand_in = verdicts.on_stand_in(claim)
            _keep(self._claims, check, Counted(tier_of(seeds, stand_in), decided.word, rank=(not stand_in, seeds)))

    def _count(self, number: Number, one: Counted) -> None:
        """It stands in the most digits that it is printed in, so that what is near it remains another number."""
        known = next((other for other in self._cells if number.is_same(other)), None)
        if known is not None:
            finer = min(known, number, key=lambda either: either.step)
            self._cells[finer] = self._cells.pop(known)
            number = finer
        _keep(self._cells, number, one)

    def _add_unjudged(self, experiment: BookExperiment, tier: str) -> None:
        self._tables.append(tier)
        for cell in experiment.book.printed:
            self._cells[Number(f"{experiment.name} {cell.row}", cell.metric, cell.value, cell.step)] = Counted(tier)
        for claim in experiment.book.claims:
            if claim.check:
                self._claims[f"{experiment.name} {claim.says}: {claim.check}"] = Counted(tier)

    def tiers(self) -> dict[str, Tier]:
        """The counts by tier."""
        found = {name: Tier() for name in TIERS}
        for name in self._tables:
            found[name].tables += 1
        for cell in self._cells.values():
            found[cell.tier].add_cell(cell)
        for claim in self._claims.values():
            found[claim.tier].claims[claim.word] += 1
        return found

    def lines(self) -> Iterator[str]:
        """The summary's table, in Markdown."""
        yield f"| {' | '.join(HEAD)} |"
        yield f"|---|{'---:|' * (len(HEAD) - 1)}"
        for name, tier in self.tiers().items():
            if tier.tables or tier.claims:
                yield f"| {name} | {' | '.join(tier.row(name not in (SHORT, NOT_RUN)))} |"


def tier_of(seeds: int, stand_in: bool) -> str:
    """The tier of what was measured in full by so many seeds."""
    return STAND_IN if stand_in else next(name for name, least in zip(TIERS, LEAST) if seeds >= least)


def _run(experiment: BookExperiment, full: Measurements, row: str) -> str:
    return full.ids.get(row) or f"{experiment.name} {row}"


def _rank(verdict: CellVerdict) -> tuple[bool, int]:
    return verdict.word != NOT_COMPARABLE, verdict.measured.n if verdict.measured else 0


def _keep(counted: dict[Key, Counted], key: Key, one: Counted) -> None:
    """The first of equal rank stays."""
    if key not in counted or one.rank > counted[key].rank:
        counted[key] = one
