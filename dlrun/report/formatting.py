"""A table's cells as text, the same for the terminal and for Markdown, LaTeX and HTML."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.record.quantities import count, short_time
from dlrun.report.scale import MetricScale
from dlrun.report.statistics import Interval
from dlrun.report.table import Row, Table


@dataclass(frozen=True)
class TextRow:
    """One row: labels; the measure, or the reason why there is none (`failed`); its deviation over seeds; runs;
    difference; time, rows per second, MB of memory; mark.
    """

    labels: tuple[str, ...]
    measure: str
    failed: bool
    sd: str
    n: str
    versus: str
    seconds: str
    rate: str
    memory: str
    mark: str
    missing: str


COSTS = ("seconds", "rows/s", "MB")  # headers of what a row took


def heads(table: Table) -> tuple[list[str], list[str]]:
    """The headers of the axes, and of the columns behind them: measure, sd, n, difference, seconds, rows per second,
    memory, mark.
    """
    return list(table.axes.columns), [table.scale.head, "sd", "n", versus_head(table), *COSTS, ""]


def versus_head(table: Table) -> str:
    """The header of the differences: ``versus adam``; empty where there are none."""
    reference = table.reference
    if reference is None or len(table.rows) < 2:
        return ""
    return f"versus {reference.name or 'best'}"


def lines(table: Table, sign: str = "+-", blank: str = " ") -> list[TextRow]:
    """All rows; numbers are filled up with `blank` to equal width, so that they line up."""
    wide = _width([row.summary for row in table.rows], table.scale, False)
    difference = _width([row.versus for row in table.rows], table.scale, True)
    return [_line(table, row, sign, blank, wide, difference) for row in table.rows]


def _line(table: Table, row: Row, sign: str, blank: str, wide: tuple[int, int], difference: tuple[int, int]) -> TextRow:
    reasons = row.missing(table.metric)
    missing = "; ".join(f"{reason} ({_seeds(seeds)})" if row.summary or len(reasons) > 1 else reason
                        for reason, seeds in reasons)
    measure = _pair(row.summary, table.scale, sign, blank, wide, False) if row.summary else missing
    versus = ""
    if row.versus:
        versus = _pair(row.versus, table.scale, sign, blank, difference, True)
        if row.summary and row.versus.n < row.summary.n:
            versus += f" (n = {row.versus.n})"
    mark = "best" if row.best else ""
    if row.reference and table.reference and table.reference.name:
        mark = f"{mark}, reference".removeprefix(", ")
    if row.stale and not all(other.stale for other in table.rows if other.runs):
        mark = f"{mark}, other code".removeprefix(", ")
    sd = table.scale.number(row.summary.sd) if row.summary and row.summary.sd is not None else ""
    return TextRow(row.labels, measure, row.summary is None, sd, str(row.summary.n) if row.summary else "", versus,
                short_time(row.seconds).removesuffix(" s"), _count(row.rows_per_second),
                _count(row.peak_memory and row.peak_memory / 1e6), mark, missing if row.summary else "")


def _count(number: float | None) -> str:
    return "" if number is None else count(number)


def _pair(interval: Interval, scale: MetricScale, sign: str, blank: str, width: tuple[int, int], signed: bool) -> str:
    text = scale.number(interval.mean, signed).rjust(width[0], blank)
    if interval.pair:
        return f"{text} ({', '.join(scale.number(value, signed) for value in interval.pair)})"
    if interval.half is None:
        return text
    return f"{text} {sign} {scale.number(interval.half).rjust(width[1], blank)}"


def _width(found: list[Interval | None], scale: MetricScale, signed: bool) -> tuple[int, int]:
    means = [len(scale.number(interval.mean, signed)) for interval in found if interval]
    halves = [len(scale.number(interval.half)) for interval in found if interval and interval.half is not None
              and not interval.pair]
    return max(means, default=0), max(halves, default=0)


def _seeds(seeds: list[int]) -> str:
    return f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, seeds))}"


def common_line(table: Table, most: int | None = None) -> str:
    """What all rows share, as it is typed: ``dataset=digits epochs=5``; `most` cuts a long line."""
    words = [f"{key}={value}" for key, value in table.axes.common.items()]
    more = f" ... and {len(words) - most} more" if most and len(words) > most else ""
    return " ".join(words[:most]) + more


def head_line(table: Table) -> str:
    """``digits · classify · 12 runs, 4 rows``."""
    runs = len(table.runs)
    rows = sum(bool(row.runs) for row in table.rows)
    seeds = {tuple(run.seed for run in row.runs) for row in table.rows if row.runs}
    each = f" x seeds {_span(next(iter(seeds)))}" if len(seeds) == 1 and runs > rows else ""
    return (f"{table.title} · {runs} run{'' if runs == 1 else 's'}, {rows} row{'' if rows == 1 else 's'}{each}")


def _span(seeds: tuple[int, ...]) -> str:
    if len(seeds) > 3 and list(seeds) == list(range(seeds[0], seeds[-1] + 1)):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))
