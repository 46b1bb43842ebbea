"""Tables on a terminal (rich, folding to its width), or as plain aligned lines for a file or a pipe."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator
from typing import TextIO

from dlrun.record.palette import BAD, GOOD
from dlrun.record.terminal import columns, has_style, paint, printable, say
from dlrun.report.formatting import COSTS, TextRow, common_line, head_line, heads, lines
from dlrun.report.table import Report, Table

MISSING = "not in the mean"
_NAMED = 3  # runs of the best row
_WORDS = 16  # of what all rows share
_LABEL = 44  # characters of a label, a list of layers say, that a terminal shows


def print_report(report: Report, stream: TextIO) -> None:
    """Print all tables of a report with their footnotes."""
    for number, table in enumerate(report.tables):
        say(("\n" if number else "") + paint(head_line(table), "bold", stream), file=stream)
        width = min(shutil.get_terminal_size((120, 24)).columns, 132) if stream.isatty() else 120
        _wrapped(common_line(table, _WORDS), width, stream, "  ")
        say(file=stream)
        if has_style(stream):
            _rich(table, stream)
        else:
            _lines(table, stream)
        say(file=stream)
        for note in (*table.notes, *_best_runs(table)):
            _wrapped(note, width, stream, "")


def _best_runs(table: Table) -> Iterator[str]:
    """Which runs the best row is made of, for ``dlrun predict``, ``export`` and the like."""
    for row in table.rows:
        if row.best and len(table.rows) > 1:
            named = [f"{run.name} (seed {run.seed})" for run in row.runs if run.seed in row.values]
            more = f", ... ({len(named)} runs)" if len(named) > _NAMED else ""
            yield f"runs of the best row: {', '.join(named[:_NAMED])}{more}"


def _cells(table: Table) -> tuple[list[str], list[list[str]], list[TextRow]]:
    """Headers and cells without columns that are empty throughout; what is not in a mean stands at the end."""
    axes, others = heads(table)
    texts = lines(table)
    head = [*axes, *others, MISSING]
    rows = [[*(_cut(label) for label in line.labels), line.measure, line.sd, line.n, line.versus, line.seconds,
             line.rate, line.memory, line.mark, line.missing] for line in texts]
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in rows], texts


def _lines(table: Table, stream: TextIO) -> None:
    head, rows, _ = _cells(table)
    right = [i for i, name in enumerate(head) if name in ("sd", "n", *COSTS)]
    say("\n".join(columns([head, *rows], right=right)), file=stream)


def _rich(table: Table, stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    head, rows, texts = _cells(table)
    measure, room = table.scale.head, shutil.get_terminal_size((120, 24)).columns
    least = [_least(name, [row[i] for row, line in zip(rows, texts) if not (line.failed and name == measure)])
             for i, name in enumerate(head)]
    if measure in head and any(line.failed for line in texts):  # a reason stands there, and folds
        least[head.index(measure)] = max(least[head.index(measure)], 20)
    dropped = _dropped(head, least, room)
    kept = [i for i, name in enumerate(head) if name not in dropped]
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for i in kept:
        whole = max(len(row[i]) for row in [head, *rows]) <= least[i]
        grid.add_column(Text(printable(head[i])), justify="right" if head[i] in ("sd", "n", *COSTS) else "left",
                        overflow="fold", min_width=least[i], no_wrap=whole)
    for cells, line in zip(rows, texts):
        style = GOOD if "best" in line.mark else BAD if line.failed else ""
        grid.add_row(*(Text(printable(cells[i])) for i in kept), style=style)
    # Numbers are not folded: a terminal that is too narrow for them breaks the lines itself.
    Console(file=stream, highlight=False, width=max(_width([least[i] for i in kept]), room)).print(grid)
    if MISSING in dropped:
        for line in texts:
            if line.missing:
                _wrapped(f"{MISSING}: {' '.join(filter(None, line.labels))}: {line.missing}", room, stream, "")
    if costs := [name for name in dropped if name != MISSING]:
        _wrapped(f"without {', '.join(costs)}, for which this terminal is too narrow", room, stream, "")


def _dropped(head: list[str], widths: list[int], room: int) -> list[str]:
    """The columns that a narrow terminal goes without: reasons, which then stand below, and what the rows took."""
    dropped: list[str] = []
    for name in (MISSING, *reversed(COSTS)):
        if _width([width for width, other in zip(widths, head) if other not in dropped]) <= room:
            break
        if name in head:
            dropped.append(name)
    return dropped


def _width(widths: list[int]) -> int:
    """Of columns two blanks apart."""
    return sum(widths) + 2 * (len(widths) - 1)


def _least(name: str, cells: list[str]) -> int:
    """The width that a column needs: texts may fold from there on, numbers are whole."""
    longest = max((len(cell) for cell in cells), default=0)
    if name == MISSING:
        longest = min(longest, 24)
    return max([longest, *(len(part) for part in name.split())])


def _wrapped(text: str, width: int, stream: TextIO, indent: str) -> None:
    for part in textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent or "  ",
                              break_long_words=False, break_on_hyphens=False):
        say(paint(part, "dim", stream), file=stream)


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 3] + "..."
