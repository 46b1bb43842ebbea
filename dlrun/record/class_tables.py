"""What is measured of each class, and where classes are confused, as text whose labels are never cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dlrun.record.terminal import columns, printable

WIDTH = 100  # of a file; a terminal has its own
LABEL = 24  # letters of a name that heads a row or column; longer ones are called by their number
LOWEST = 3  # classes that the outcome of a run names


def per_class_lines(table: Mapping[str, Mapping[str, Any]], numbered: bool = False) -> list[str]:
    """Precision, recall, F1 and rows of each class; with their numbers, where a matrix refers to these.

    >>> for line in per_class_lines({"cat": {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "rows": 3}}):
    ...     print(line)
      class  precision    recall      F1  rows
      cat       50.0 %   100.0 %  0.6667     3
    """
    rows = [["class", "precision", "recall", "F1", "rows"]]
    for number, (name, row) in enumerate(table.items()):
        rows.append([f"[{number}] {name}" if numbered else name, f"{100 * row['precision']:.1f} %",
                     f"{100 * row['recall']:.1f} %".rjust(8), f"{row['f1']:.4f}", f"{row['rows']:,}"])
    return columns(rows, right=(1, 2, 3, 4))


def confusion_lines(matrix: Sequence[Sequence[int]], names: Sequence[str], width: int = WIDTH) -> list[str]:
    """True classes by row, predicted ones by column, zeros as dots; as many columns beside one another as there is
    room for, then the next ones below.

    >>> for line in confusion_lines([[3, 0], [1, 4]], ["cat", "dog"]):
    ...     print(line)
      true \\ predicted  cat  dog
      cat                 3    ·
      dog                 1    4
    """
    heads = [f"[{number}]" if too_long(names) else printable(name) for number, name in enumerate(names)]
    cells = [[f"{count:,}" if count else "·" for count in row] for row in matrix]
    first = "true \\ predicted"
    left = max(len(first), *map(len, heads)) + 2
    widths = [max(len(head), *(len(row[place]) for row in cells)) + 2 for place, head in enumerate(heads)]
    lines: list[str] = []
    start = 0
    while start < len(heads):
        stop, used = start + 1, left + widths[start]
        while stop < len(heads) and used + widths[stop] <= width:
            used += widths[stop]
            stop += 1
        rows = [[first, *heads[start:stop]], *([heads[place], *row[start:stop]] for place, row in enumerate(cells))]
        lines += ([""] if lines else []) + columns(rows, right=range(1, stop - start + 1))
        start = stop
    return lines


def too_long(names: Sequence[str]) -> bool:
    """Whether a matrix calls classes by their numbers."""
    return max(map(len, names), default=0) > LABEL


def class_text(table: Mapping[str, Mapping[str, Any]], matrix: Sequence[Sequence[int]], width: int = WIDTH) -> str:
    """Both tables, of the same classes in the same order."""
    names = list(table)
    return "\n".join([*per_class_lines(table, too_long(names)), "", *confusion_lines(matrix, names, width), ""])


def lowest_f1(table: Mapping[str, Any]) -> str:
    """The classes with the lowest F1, in a line: ``8 0.9302 · 9 0.9474``; none where all are perfect.

    Empty for tables of several targets.
    """
    rows = [(row["f1"], name) for name, row in table.items() if isinstance(row, Mapping) and "f1" in row]
    if len(rows) < len(table) or len(rows) < 2:
        return ""
    worst = sorted((row for row in rows if row[0] != 1), key=lambda row: row[0])[:LOWEST]
    return " · ".join(f"{printable(name)} {value:.4f}" for value, name in worst)
