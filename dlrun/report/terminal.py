"""Tables on a terminal (rich, folding to its width), or as plain aligned lines for a file or a pipe."""

from __future__ import annotations

import shutil
import textwrap
from typing import TextIO

from dlrun.record.palette import BAD, GOOD
from dlrun.record.terminal import columns, has_style, paint, printable, say
from dlrun.report.formatting import COSTS, TextRow, common_line, head_line, heads, lines
from dlrun.report.table import Report, Table

MISSING = "not in the mean"
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
        for note in table.notes:
            _wrapped(note, width, stream, "")


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
    measure = table.scale.head
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    least = 0
    for i, name in enumerate(head):
        folds = _least(name, [row[i] for row, line in zip(rows, texts) if not (line.failed and name == measure)])
        if name == measure and any(line.failed for line in texts):  # a reason stands there, and folds
            folds = max(folds, 20)
        least += folds + 2
        grid.add_column(Text(printable(name)), justify="right" if name in ("sd", "n", *COSTS) else "left",
                        overflow="fold", min_width=folds)
    for cells, line in zip(rows, texts):
        style = GOOD if "best" in line.mark else BAD if line.failed else ""
        grid.add_row(*(Text(printable(cell)) for cell in cells), style=style)
    # Numbers are not folded: a terminal that is too narrow for them breaks the lines itself.
    Console(file=stream, highlight=False, width=max(least, shutil.get_terminal_size((120, 24)).columns)).print(grid)


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
