"""Tables in Parquet files, read by pyarrow: what a column holds is known from the file, not from its texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.regular_file import INFLATED, memory
from dlrun.data.formats.numerals import Exact
from dlrun.data.formats.separated import Cells

INSTALL = "it needs pyarrow:  pip install 'dlrun[parquet]'"
CELL = 64  # bytes that a cell takes in memory, at least


def cells(path: Path) -> Cells:
    """The cells of a file.  Categories are texts, numbers too; times are those of their time zone; null is no value.

    Raises ConfigError for a file that is damaged, without rows, or larger than memory, and where pyarrow is missing.
    """
    try:
        from pyarrow import parquet
    except ImportError:
        raise problem(str(path), INSTALL) from None
    try:
        with parquet.ParquetFile(path) as file:
            about = file.metadata
            size = sum(about.row_group(place).total_byte_size for place in range(about.num_row_groups))
            if size > INFLATED or CELL * about.num_rows * about.num_columns > memory():
                raise problem(str(path), f"it has {about.num_rows:,} rows of {about.num_columns:,} columns, more than "
                                         "fits into memory")
            table = file.read(use_threads=False)
            categories, index = _of_pandas(table.schema.pandas_metadata)
    except (OSError, ValueError, KeyError, NotImplementedError) as error:  # pyarrow's own errors are these, too
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise problem(str(path), f"it can't be read as a Parquet file ({reason})") from None
    if not table.num_rows:
        raise problem(str(path), "has no rows")
    table = table.drop_columns(index)
    columns: list[list[str]] = []
    texts, unusable = set(), {}
    for place, (name, column) in enumerate(zip(table.column_names, table.columns)):
        reads, is_text = _reader(column.type)
        if is_text or name in categories:
            texts.add(place)
        try:
            if reads is None:
                raise ValueError(f"holds {column.type}")
            values = _plain(column).to_pylist()
            columns.append(["" if value is None else reads(value) for value in values])
        except (ValueError, OverflowError) as error:
            unusable[name] = str(error)
            columns.append([""] * table.num_rows)
    rows = [list(row) for row in zip(*columns)]
    return Cells(list(table.column_names), rows, list(range(1, len(rows) + 1)), "", texts=frozenset(texts),
                 unusable=unusable, file="a Parquet file", unit="row")


def _of_pandas(about: Any) -> tuple[set[str], list[str]]:
    """The columns that were categories in pandas, whose type Parquet knows of texts alone, and an index without a name.
    """
    found = about.get("columns", []) if isinstance(about, dict) else []
    categories = {column["name"] for column in found if column.get("pandas_type") == "categorical"}
    index = [name for name in (about or {}).get("index_columns", []) if isinstance(name, str)]
    return categories, [name for name in index if name.startswith("__index_level_")]


def _reader(kind: Any) -> tuple[Callable[[Any], str] | None, bool]:
    """How a value of a type becomes a cell, None for types that are no cells; and whether it is a text."""
    from pyarrow import types

    if types.is_dictionary(kind):
        reads, _ = _reader(kind.value_type)
        return reads, True
    if types.is_boolean(kind) or types.is_integer(kind):
        return lambda value: str(int(value)), False
    if types.is_floating(kind) or types.is_decimal(kind):
        return lambda value: Exact(repr(float(value))), False
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return str.strip, True
    if types.is_date(kind) or types.is_timestamp(kind):
        return _iso, False
    return (str if types.is_null(kind) else None), False


def _iso(moment: Any) -> str:
    """A date, with its time where it has one that is not midnight."""
    return str(moment.isoformat(sep=" ") if hasattr(moment, "hour") else moment.isoformat())


def _plain(column: Any) -> Any:
    """A column whose values Python has: times in microseconds, as the clocks of their time zone show them."""
    import pyarrow
    from pyarrow import compute, types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_timestamp(column.type):
        zone = column.type.tz
        # of nanoseconds fractions may go; seconds must not wrap around
        column = column.cast(pyarrow.timestamp("us", zone), safe=column.type.unit != "ns")
        return compute.local_timestamp(column) if zone else column
    return column
