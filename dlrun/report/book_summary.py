"""What all comparisons come to: by how much was run of each, and every printed number of a run counted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dlrun.report.cell_verdicts import COMPARED, EXPECTED, MORE_SEEDS, REPRODUCED, TOO_WIDE
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, UNDECIDED
from dlrun.report.experiments import BookExperiment
from dlrun.report.measurements import Measurements
from dlrun.report.verdicts import FULL, Verdicts

STAND_IN, SHORT, NOT_RUN = "in full, on a stand-in", "short runs, not judged", "not run"
TIERS = ("in full, 20 seeds or more", "in full, 5 seeds or more", "in full, fewer seeds", STAND_IN, SHORT, NOT_RUN)
LEAST = (20, 5, 0)  # seeds of the first three
HEAD = ("", "tables", "cells printed", "comparable", "reproduced", "expected outside by chance",
        "too few seeds or too wide", "runs with a cell outside", "claims", "hold", "contradicted", "undecided")


@dataclass
class Tier:
    """Counts of tables that were run as far; `runs` has for each run whether one of its cells lies outside."""

    tables: int = 0
    cells: int = 0
    claims: int = 0
    cell_words: Counter[str] = field(default_factory=Counter)
    claim_words: Counter[str] = field(default_factory=Counter)
    runs: dict[str, bool] = field(default_factory=dict)

    def row(self, judged: bool) -> list[str]:
        """The cells of a line of the summary's table; without verdicts where nothing is judged."""
        counts = [str(self.tables), str(self.cells)]
        if not judged:
            return [*counts, *[""] * 5, str(self.claims), "", "", ""]
        comparable = sum(self.cell_words[word] for word in COMPARED)
        outside = f"{sum(self.runs.values())} of {len(self.runs)}" if self.runs else ""
        return [*counts, *map(str, (comparable, self.cell_words[REPRODUCED])),
                f"{EXPECTED * comparable:.1f}" if comparable else "",
                str(self.cell_words[TOO_WIDE] + self.cell_words[MORE_SEEDS]), outside, str(self.claims),
                *(str(self.claim_words[word]) for word in (HOLDS, CONTRADICTED, UNDECIDED))]


class Summary:
    """Counts over all comparisons; each stands in one tier, that of the most that was run of it."""

    def __init__(self) -> None:
        self.tiers = {name: Tier() for name in TIERS}
        self._seen: set[tuple[str, str, float]] = set()

    def add(self, experiment: BookExperiment, found: Mapping[str, Measurements], verdicts: Verdicts | None) -> None:
        """Count a comparison with what was measured of it by profile, and the verdicts of its full profile."""
        full = found.get(FULL)
        tier = self.tiers[SHORT if found else NOT_RUN] if full is None or verdicts is None else \
            self.tiers[tier_of(full, verdicts)]
        tier.tables += 1
        tier.claims += sum(1 for claim in experiment.book.claims if claim.check)
        only = full.rows[0] if full and len(full.rows) == 1 else ""
        for place, cell in enumerate(experiment.book.printed):
            row = cell.row or only
            run = (full.ids.get(row) if full else None) or f"{experiment.name} {row}"
            printed = (run, cell.metric, round(cell.value, 12))  # 92.36 % is 0.9236
            if printed in self._seen:
                continue
            self._seen.add(printed)
            tier.cells += 1
            if verdicts is not None:
                word = verdicts.cells[place][1].word
                tier.cell_words[word] += 1
                if word in COMPARED:
                    tier.runs[run] = tier.runs.get(run, False) or word != REPRODUCED
        if verdicts is not None:
            tier.claim_words.update(verdict.word for _, verdict in verdicts.claims)

    def lines(self) -> Iterator[str]:
        """The summary's table, in Markdown."""
        yield f"| {' | '.join(HEAD)} |"
        yield f"|---|{'---:|' * (len(HEAD) - 1)}"
        for name, tier in self.tiers.items():
            if tier.tables:
                yield f"| {name} | {' | '.join(tier.row(name not in (SHORT, NOT_RUN)))} |"


def tier_of(full: Measurements, verdicts: Verdicts) -> str:
    """The tier of a comparison that was measured in full."""
    if verdicts.incomparable:
        return STAND_IN
    return next(name for name, least in zip(TIERS, LEAST) if len(full.seeds) >= least)
