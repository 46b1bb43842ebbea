"""Cells of a further file as the inputs of a table that was read before: its columns, its words, its marks."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import did_you_mean, problem
from dlrun.data.dataset_spec import Column
from dlrun.data.formats import labels
from dlrun.data.formats.columns import Missing, numbers
from dlrun.data.formats.dates import moments
from dlrun.data.formats.numerals import Numerals, is_number
from dlrun.data.formats.table_arrays import fill_numbers


def inputs(columns: Sequence[Column], reading: Mapping[str, Any], names: Sequence[str], rows: Sequence[Sequence[str]],
           *, lines: Sequence[int] | None, path: Path, separator: str, unit: str,
           untrained: Mapping[str, Sequence[str]], say: Callable[[str], None]) -> np.ndarray:
    """Rows of cells below the columns' `names` as inputs, float32 (rows, features), NaN where a number is missing.

    `columns` are those of the training, `reading` says how its file was read; words of a text column that are
    `untrained`, or none of its words, are unknown, which `say` gets a note of.  Columns may stand in another order and
    beside others.  Raises ConfigError for one that is not there or there twice, and for cells that are no numbers.
    """
    for name in (column.name for column in columns):
        if list(names).count(name) != 1:
            raise problem(str(path), f'expected the column "{name}", which the run was trained on' + (
                "; there are several of this name" if name in names else
                did_you_mean(name, names) or f"; there are {', '.join(names[:20])}"))
    missing = Missing(reading.get("missing", ()))
    numerals = Numerals(reading.get("decimal", "auto"), separator, point=reading.get("point", False),
                        comma=reading.get("comma", False), trained=True, unit=unit)
    lines = lines or range(1, len(rows) + 1)
    x = np.zeros((len(rows), sum(len(column.scaled) for column in columns)), np.float32)
    start = 0
    for column in columns:
        part = x[:, start : start + len(column.scaled)]
        start += len(column.scaled)
        place = list(names).index(column.name)
        cells = [row[place].strip() for row in rows]
        if column.kind == "text":
            cells = [cell if cell in missing else word for cell, word in
                     zip(cells, labels.as_words(cells, column.words))]
            unknown = _one_hot(part, cells, column.words, untrained.get(column.name, ()), missing)
            if unknown:
                say(f'{path.name}: {len(unknown):,} rows have a text in "{column.name}" that no training row has '
                    f"({unknown[0]!r}): it counts as unknown")
            continue
        values = moments(cells, missing) if column.kind == "date" else numbers(
            path, column.name, cells, lines, numerals, missing)
        if values is None and column.kind == "number" and (values := _switches(cells, missing)) is not None:
            say(f'{path.name}: the column "{column.name}" is read as numbers, false as 0 and true as 1')
        if values is None and column.kind == "date":
            line, cell = next((line, cell) for line, cell in zip(lines, cells) if moments([cell], missing) is None)
            raise problem(f"{cell!r} in {numerals.unit} {line}",
                          f'the column "{column.name}" expects a date, as 2024-05-31')
        if values is None:
            line, cell = next((line, cell) for line, cell in zip(lines, cells)
                              if numerals.numbers(column.name, [cell], [line], missing) is None)
            raise problem(f"{cell!r} in {numerals.unit} {line}", f'the column "{column.name}" expects a number'
                          + (f", with a decimal {numerals.decimal}" if is_number(cell) else ""))
        fill_numbers(part, column, np.array(values, np.float64))
    for note in numerals.settle(path):
        say(note)
    return x


def _switches(cells: Sequence[str], missing: Container[str]) -> list[float] | None:
    """Numbers of cells that are 0, 1, false or true, NaN where missing; None where one is something else."""
    found = [float("nan") if cell in missing else labels.BOOLEANS.get(cell.lower()) for cell in cells]
    return None if None in found else [value for value in found if value is not None]


def _one_hot(x: np.ndarray, cells: Sequence[str], words: Sequence[str], untrained: Sequence[str],
             missing: Container[str]) -> list[str]:
    """Fill in the columns of a text column; the cells with a text that was not trained on, which are zero in all."""
    places = {word: place for place, word in enumerate(words) if word not in untrained}
    for row, cell in enumerate(cells):
        if cell in places:
            x[row, places[cell]] = 1.0
    return [cell for cell in cells if cell not in places and cell not in missing]
