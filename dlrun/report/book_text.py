"""A comparison with its book, as text: printed, measured, verdict; then the claims; then what the numbers are."""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Sequence
from typing import TextIO

from dlrun.config.schema.books import Book, Cell
from dlrun.record.palette import BAD, GOOD, NOTED
from dlrun.record.quantities import long_time
from dlrun.record.terminal import columns, paint, say
from dlrun.report.cell_verdicts import BETTER, REPRODUCED, WORSE, CellVerdict
from dlrun.report.claim_verdicts import CONTRADICTED, HOLDS, ClaimVerdict
from dlrun.report.derived import describe
from dlrun.report.measurements import Measurements
from dlrun.report.scale import MetricScale, of_intervals
from dlrun.report.statistics import Interval
from dlrun.report.verdicts import QUICK, Verdicts, explanations

Pair = tuple[Cell, CellVerdict]
STYLES = {REPRODUCED: GOOD, HOLDS: GOOD, BETTER: NOTED, WORSE: BAD, CONTRADICTED: BAD}


def print_comparison(book: Book, measurements: Measurements, verdicts: Verdicts, stream: TextIO) -> None:
    """Everything that is known of a comparison, a screen or less."""
    for line in head_lines(book, measurements):
        say(paint(line, "bold", stream) if line.startswith(book.title) else line, file=stream)
    for head, rows in tables(measurements, verdicts):
        say(file=stream)
        lines = columns([head, *[cells for cells, _ in rows]], right=[1, 3, 4], indent="")
        say(lines[0], file=stream)
        for line, (_, word) in zip(lines[1:], rows):
            say(paint(line, STYLES[word], stream) if word in STYLES else line, file=stream)
    claims = claim_rows(verdicts)
    if claims:
        say("\nclaims", file=stream)
        for line, (_, verdict) in zip(columns(claims), verdicts.claims):
            say(paint(line, STYLES[verdict.word], stream) if verdict.word in STYLES else line, file=stream)
    say(file=stream)
    width = min(shutil.get_terminal_size((118, 24)).columns, 118) if stream.isatty() else 118
    for sentence in sentences(book, measurements, verdicts):
        for part in textwrap.wrap(sentence, width, subsequent_indent="  ", break_long_words=False):
            say(paint(part, "dim", stream), file=stream)


def head_lines(book: Book, measurements: Measurements) -> list[str]:
    """Title, place in the book, profile and seeds; what is fixed; what narrows the comparison."""
    profile = f"{measurements.profile} profile" if measurements.profile == QUICK else ""
    seeds = f"{len(measurements.seeds)} seed{'' if len(measurements.seeds) == 1 else 's'}"
    first = " · ".join(filter(None, [book.title or book.id, book.where, profile, seeds]))
    partial = f"PARTIAL: {' '.join(measurements.partial)}" if measurements.partial else ""
    return [line for line in (first, book.fixed, partial) if line]


def tables(measurements: Measurements, verdicts: Verdicts) -> list[tuple[list[str], list[tuple[list[str], str]]]]:
    """A table a metric: its header, and for each line its cells and the verdict's word."""
    found = []
    for metric, pairs in tables_of(measurements, verdicts).items():
        head = ["row", "printed", f"measured ({shown_scale(metric, pairs, measurements).head})", "sd", "n", "verdict"]
        words = [verdict.word for _, verdict in pairs]
        found.append((head, list(zip(lines_of(pairs, measurements), words))))
    return found


def tables_of(measurements: Measurements, verdicts: Verdicts) -> dict[str, list[Pair]]:
    """Cells and verdicts by metric, in the order of rows."""
    by_metric: dict[str, list[Pair]] = {}
    for cell, verdict in [*verdicts.cells, *verdicts.ours]:
        by_metric.setdefault(cell.metric, []).append((cell, verdict))
    order = {row: place for place, row in enumerate(measurements.rows)}
    return {metric: sorted(pairs, key=lambda pair: order.get(pair[0].row or "", -1))
            for metric, pairs in by_metric.items()}


def lines_of(pairs: Sequence[Pair], measurements: Measurements) -> list[list[str]]:
    """For each pair: row, printed, measured, its deviation over seeds, n, verdict."""
    shown = shown_scale(pairs[0][0].metric, pairs, measurements)
    return [_cells(cell, verdict, shown, measurements) for cell, verdict in pairs]


def shown_scale(key: str, pairs: Sequence[Pair], measurements: Measurements) -> MetricScale:
    """As many decimals as the book prints, more where ours are more exact."""
    intervals = [verdict.measured for _, verdict in pairs if verdict.measured]
    metric = describe(key, measurements.known)
    own = of_intervals(metric, intervals)
    steps = [cell.step for cell, _ in pairs if cell.step]
    if not steps:
        return own
    decimals = max(0, *(len(f"{own.times(step):.6f}".rstrip("0").partition(".")[2]) for step in steps))
    return MetricScale(metric, max(decimals, own.decimals))


def _cells(cell: Cell, verdict: CellVerdict, shown: MetricScale, measurements: Measurements) -> list[str]:
    printed = "" if cell.value != cell.value else _printed(cell, shown)
    row = cell.row or (measurements.rows[0] if len(measurements.rows) == 1 else "")
    lost = "; ".join(measurements.lost.get(row, []))
    measured = interval_text(verdict.measured, shown) if verdict.measured else lost or "-"
    word = verdict.word
    if word in (BETTER, WORSE) and verdict.off is not None:
        word += f" by {shown.number(abs(verdict.off))}"
    elif word == "ours":
        word = "(no printed number)"
    if verdict.measured and lost:
        word += f"; {lost}"
    sd = shown.number(verdict.measured.sd) if verdict.measured and verdict.measured.sd is not None else ""
    return [row, printed, measured, sd, str(verdict.measured.n) if verdict.measured else "", word]


def _printed(cell: Cell, shown: MetricScale) -> str:
    decimals = len(f"{shown.times(cell.step):.9f}".rstrip("0").partition(".")[2])
    return f"{shown.times(cell.value):.{decimals}f}"


def interval_text(found: Interval, shown: MetricScale) -> str:
    """``95.50 +- 1.24``; of two runs both values, ``95.50 (95.00, 96.00)``; of one that one."""
    if found.pair:
        return f"{shown.number(found.mean)} ({', '.join(map(shown.number, found.pair))})"
    half = "" if found.half is None else f" +- {shown.number(found.half)}"
    return f"{shown.number(found.mean)}{half}"


def claim_rows(verdicts: Verdicts) -> list[list[str]]:
    """Each claim with its verdict's word, what has to be known of it, and the difference that decided."""
    return [[claim.says, verdict.word + (f" ({verdict.remark})" if verdict.remark else ""), difference_text(verdict)]
            for claim, verdict in verdicts.claims]


def difference_text(verdict: ClaimVerdict) -> str:
    """``(+0.0021 +- 0.0010, paired over 5 seeds)``; empty where there is no difference."""
    found = verdict.difference
    if found is None:
        return ""
    if not math.isfinite(found.mean):
        return "" if math.isnan(found.mean) else f"(by the order of {found.n} seeds)"
    digits = 4 if abs(found.mean) < 1 else 2
    half = "" if not found.half else f" +- {found.half:.{digits}f}"
    seeds = f", paired over {found.n} seeds" if found.n > 1 else ""
    return f"({found.mean:+.{digits}f}{half}{seeds})"


def sentences(book: Book, measurements: Measurements, verdicts: Verdicts, full: Verdicts | None = None) -> list[str]:
    """What the numbers are, and what they were made of and on; `full` explains short runs, see `explanations`."""
    found = []
    if any(verdict.measured and verdict.measured.half is not None for _, verdict in [*verdicts.cells, *verdicts.ours]):
        found.append("+- is the 95 % interval of the mean over seeds (Student's t), sd the deviation of runs; of two "
                     "runs both values stand in brackets, and more seeds give an interval. A printed cell is one run: "
                     "it is reproduced if it lies in the 95 % interval of one further run of ours, widened by its "
                     "rounding. More seeds are needed until half of the mean's interval is a tenth of the printed "
                     "error.")
    if verdicts.claims:
        found.append("A claim holds, or is contradicted, where the 95 % interval of the difference, paired over common "
                     "seeds, lies on one side of 0; the seeds are those of its file, however many were run for the "
                     "cells.")
    if verdicts.unjudged:
        found.append(f"Not judged: {verdicts.unjudged}.")
    if why := "; ".join(filter(None, [verdicts.incomparable, verdicts.changed])):
        found.append(f"Not comparable with the book: {why}.")
    if book.notes:
        found.append(book.notes)
    found += remarks(book)
    found += [f"{key}: {text}" for key, text in explanations(book, verdicts, measurements.profile, full).items()]
    found.append(verdicts.summary())
    found.append(made_of(measurements))
    return [sentence for sentence in found if sentence]


def remarks(book: Book) -> list[str]:
    """What has to be known of single cells and claims, as why they are not comparable; each text once."""
    of: dict[str, dict[str, None]] = {}
    for cell in book.printed:
        whole = cell.row and {cell.notes} == {other.notes for other in book.printed if other.row == cell.row}
        metric = "" if whole else cell.metric.replace("/", " ")
        of.setdefault(cell.notes, {})[" ".join(filter(None, [cell.row, metric]))] = None
    for claim in book.claims:
        of.setdefault(claim.notes, {})[claim.says] = None
    return [f"{'; '.join(what)}: {notes}." for notes, what in of.items() if notes]


def made_of(measurements: Measurements) -> str:
    """``5 runs, 8.0 s of training · cpu (1 thread) · dlrun 0.1.0 ... · 2026-11-26``; the time where it is known."""
    time = f", {long_time(measurements.seconds)} of training" if measurements.seconds else ""
    return " · ".join(filter(None, [
        f"{measurements.runs} runs{time}", *measurements.devices, *measurements.versions, measurements.date,
        f"data: {', '.join(measurements.labels)}" if measurements.labels else ""]))
