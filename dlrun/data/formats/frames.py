"""A DataFrame (of pandas, or another library with its columns and values) as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem
from dlrun.data.formats.numerals import Exact
from dlrun.data.formats.separated import Cells
from dlrun.data.formats.table import of_cells
from dlrun.data.formats.table_arrays import as_arrays
from dlrun.data.source import RawDataset


@dataclass(frozen=True)
class _Reading:
    """How the cells of a frame are read; `separator` and `header` are those of a file of new rows."""

    target: str | tuple[str, ...]
    targets: str | tuple[str, ...]
    separator: str = "auto"
    header: bool = True
    drop: tuple[str, ...] = ()
    missing: tuple[str, ...] = ("none", "<na>", "nat")
    decimal: str = "auto"
    indicator: bool = True
    dates: bool = True
    group: str = ""
    typed: bool = False
    order: str = ""


def is_frame(data: Any) -> bool:
    """Whether an object is a DataFrame."""
    return hasattr(data, "columns") and hasattr(data, "__getitem__") and not hasattr(data, "detach")


def dataset_of_frame(frame: Any, target: str | list[str] | None, targets: str | tuple[str, ...], given: str,
                     group: str = "", order: str = "", test: Any = None) -> RawDataset:
    """The rows of a frame: numbers, texts as one column a word, and the column (or columns) to predict.

    `group` names the column of rows that belong together, `order` that of their time; `test` is the frame of the test
    rows.
    """
    if target is None:
        names = ", ".join(map(str, list(frame.columns)[:8]))
        raise problem(given, f"expected  target=  with the column to predict: {names}")
    chosen = target if isinstance(target, str) else tuple(target)
    table = of_cells(_cells(frame, given), Path("DataFrame"), _Reading(chosen, targets, group=group, order=order))
    source = as_arrays(table)
    if test is None:
        return source
    if not is_frame(test):
        raise problem("test", f"expected a DataFrame with the columns of {given}, not a {type(test).__name__}")
    from dlrun.data.formats.test_table import with_test_rows

    return with_test_rows(source, Path("its DataFrame"), lambda *_: _cells(test, "test"), "test", table.groups)


def _cells(frame: Any, given: str) -> Cells:
    columns = [[cell_of(value) for value in frame[name]] for name in frame.columns]
    rows = [list(row) for row in zip(*columns)]
    if not rows:
        raise problem(given, "the DataFrame has no rows")
    return Cells([str(name) for name in frame.columns], rows, list(range(len(rows))), "\t", file="a DataFrame",
                 unit="row")


def cell_of(value: Any) -> str:
    """A value of a frame as a cell."""
    if isinstance(value, bool):
        return str(int(value))
    return Exact(repr(float(value))) if isinstance(value, float) else str(value).strip()
