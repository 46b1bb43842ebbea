"""What `dlrun book` answers under ``json=true``: the list of comparisons, or cells and claims with their verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

if TYPE_CHECKING:
    from pathlib import Path

    from dlrun.report.verdicts import Verdicts


class ListedAnswer(TypedDict):
    """A comparison in the list."""

    name: str
    title: str
    rows: Annotated[int | None, "Rows of the full profile, where the file alone tells them."]
    cost: Annotated[str, "The measured time of the full profile; empty where it is not known."]
    needs: Annotated[str, "What is missing to run it; empty for nothing."]
    profile: Annotated[str | None, "That of the last verdicts; null where it was not run."]
    verdicts: Annotated[str | None, "The last verdicts, counted."]


class CellAnswer(TypedDict):
    """A printed number, or a row of ours without one."""

    row: str | None
    metric: str
    printed: float | None
    verdict: Annotated[str, "reproduced, better, worse, different, too wide to say, not comparable, ..."]
    mean: float | None
    half_width_95: float | None
    sd: float | None
    n: int
    why: str


class ClaimAnswer(TypedDict):
    """A sentence of the book."""

    says: str
    check: str
    verdict: Annotated[str, "holds, contradicted, undecided, not measured."]
    difference: float | None
    half_width_95: float | None
    n: int


class ComparisonAnswer(TypedDict):
    """A comparison that was run, or was done, or whose numbers are kept."""

    name: str
    exit_code: int
    why: Annotated[str, "Why it could not be run; empty where it was."]
    folder: Annotated[str | None, "The sweep's; null where kept numbers were asked for."]
    cells: list[CellAnswer]
    claims: list[ClaimAnswer]


class BookAnswer(TypedDict):
    """One of the three is filled: by what was asked."""

    listed: list[ListedAnswer]
    compared: list[ComparisonAnswer]
    written: Annotated[list[str], "The files that --write wrote."]


def answer(listed: list[ListedAnswer] | None = None, compared: list[ComparisonAnswer] | None = None,
           written: list[str] | None = None) -> BookAnswer:
    """One of the three."""
    return {"listed": listed or [], "compared": compared or [], "written": written or []}


def refused(name: str, code: int, why: str) -> ComparisonAnswer:
    """A comparison that could not be run."""
    return {"name": name, "exit_code": code, "why": why, "folder": None, "cells": [], "claims": []}


def comparison_answer(name: str, verdicts: Verdicts | None, code: int = 0,
                      folder: Path | None = None) -> ComparisonAnswer:
    """A comparison with its verdicts; one that was only planned has no cells."""
    cells: list[CellAnswer] = []
    claims: list[ClaimAnswer] = []
    for cell, seen in [*verdicts.cells, *verdicts.ours] if verdicts else ():
        measured = seen.measured
        cells.append({"row": cell.row, "metric": cell.metric, "printed": cell.value, "verdict": seen.word,
                      "mean": measured.mean if measured else None, "half_width_95": measured.half if measured else None,
                      "sd": measured.sd if measured else None, "n": measured.n if measured else 0, "why": seen.why})
    for claim, decided in verdicts.claims if verdicts else ():
        by = decided.difference
        claims.append({"says": claim.says, "check": claim.check, "verdict": decided.word,
                       "difference": by.mean if by else None, "half_width_95": by.half if by else None,
                       "n": by.n if by else 0})
    return {"name": name, "exit_code": code, "why": "", "folder": None if folder is None else str(folder),
            "cells": cells, "claims": claims}
