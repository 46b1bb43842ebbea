"""Tables on a terminal (rich, folding to its width), or as plain aligned lines for a file or a pipe."""

from __future__ import annotations

import shutil
import textwrap
from typing import TextIO

from dlrun.record.lines import columns, has_style, paint
from dlrun.report.cells import Line, common_line, head_line, heads, lines
from dlrun.report.table import Report, Table

_WORDS = 16  # of what all rows share
_LABEL = 44  # characters of a label, a list of layers say, that a terminal shows


def print_report(report: Report, stream: TextIO) -> None:
    for number, table in enumerate(report.tables):
        print(("\n" if number else "") + paint(_plain(head_line(table), stream), "bold", stream), file=stream)
        width = min(shutil.get_terminal_size((120, 24)).columns, 132) if stream.isatty() else 120
        _wrapped(_plain(common_line(table, _WORDS), stream), width, stream, "  ")
        print(file=stream)
        if has_style(stream):
            _rich(table, stream)
        else:
            _lines(table, stream)
        print(file=stream)
        for note in table.notes:
            _wrapped(_plain(note, stream), width, stream, "")


def _cells(table: Table) -> tuple[list[str], list[list[str]], list[Line]]:
    """Headers and cells without columns that are empty throughout; what is not in a mean stands at the end."""
    axes, others = heads(table)
    told = lines(table)
    head = [*axes, *others, "not in the mean"]
    rows = [[*(_cut(label) for label in line.labels), line.measure, line.n, line.versus, line.seconds, line.mark,
             line.missing] for line in told]
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in rows], told


def _lines(table: Table, stream: TextIO) -> None:
    head, rows, _ = _cells(table)
    right = [i for i, name in enumerate(head) if name in ("n", "seconds")]
    print(_plain("\n".join(columns([head, *rows], right=right)), stream), file=stream)


def _rich(table: Table, stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    head, rows, told = _cells(table)
    grid = Grid(box=None, pad_edge=False, padding=(0, 1, 0, 1), header_style="bold")
    for name in head:
        grid.add_column(Text(name), justify="right" if name in ("n", "seconds") else "left", overflow="fold")
    for cells, line in zip(rows, told):
        style = "green" if "best" in line.mark else "red" if line.failed else ""
        grid.add_row(*(Text(cell) for cell in cells), style=style)
    Console(file=stream, highlight=False).print(grid)


def _wrapped(text: str, width: int, stream: TextIO, indent: str) -> None:
    for part in textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent or "  ",
                              break_long_words=False, break_on_hyphens=False):
        print(paint(part, "dim", stream), file=stream)


def _cut(label: str) -> str:
    return label if len(label) <= _LABEL else label[: _LABEL - 3] + "..."


def _plain(text: str, stream: TextIO) -> str:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)
