"""The rows that the others are compared with: the best one, or those that were named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.report.axes import ROW
from dlrun.report.statistics import paired
from dlrun.report.table import Reference, Row, Table


def against_best(table: Table) -> Table:
    """The table with each row's paired difference to the best one; as it is where no row is."""
    best = next((place for place, row in enumerate(table.rows) if row.best), None)
    return table if best is None else _against(table, dict.fromkeys(range(len(table.rows)), best), Reference())


def against_named(tables: Sequence[Table], versus: str) -> list[Table]:
    """The tables, compared with what `versus` fits; raises ConfigError where that is nothing, or not clear.

    Where several rows have the name, each is compared with the one that is like it in all other columns:
    ``versus=adam`` compares cnn sgd with cnn adam, and dense sgd with dense adam.
    """
    found = [rows_named(table, versus) for table in tables]
    if not any(found):
        known = [" ".join(row.labels) for table in tables for row in table.rows if row.labels]
        raise ConfigError([Problem(f"versus={versus}", f"no such row; there are: {', '.join(known[:20])}"
                                                       f"{did_you_mean(versus, [*known, *_parts(tables)])}")])
    return [_against_rows(table, places, versus) if places else against_best(table)
            for table, places in zip(tables, found)]


def _parts(tables: Sequence[Table]) -> list[str]:
    return [label for table in tables for row in table.rows for label in row.labels]


def rows_named(table: Table, versus: str) -> list[int]:
    """The places of the rows that `versus` fits: a row's name, ``cnn adam``, or ``model=cnn,optimizer=adam``."""
    exact = [place for place, row in enumerate(table.rows) if versus == " ".join(filter(None, row.labels))]
    if exact:
        return exact
    named = table.axes.columns[:1] == (ROW,)  # its names may have blanks
    rest, fitting = versus.strip(), list(range(len(table.rows)))
    if named:
        names = sorted({row.labels[0] for row in table.rows if row.labels[0]}, key=len, reverse=True)
        begins = next((name for name in names if re.match(rf"(row=)?{re.escape(name)}([\s,]|$)", rest)), None)
        if begins is not None:
            fitting = [place for place in fitting if table.rows[place].labels[0] == begins]
            rest = rest.removeprefix(f"{ROW}=")[len(begins):].strip(" ,")
            if not rest:
                return fitting
    words = [part for part in re.split(r"\s+|,(?![^\[]*\])", rest) if part]

    def fits(row: Row) -> bool:
        pairs = {f"{name}={label}" for name, label in zip(table.axes.columns, row.labels)}
        return all(part in pairs or part in row.labels for part in words)

    return [place for place in fitting if fits(table.rows[place])] if words else []


def _against_rows(table: Table, places: Sequence[int], versus: str) -> Table:
    """Each row against the one of `places` that has its values in all columns but those that the name decides."""
    if len(places) == 1:
        return _against(table, dict.fromkeys(range(len(table.rows)), places[0]), Reference(versus))
    columns = range(len(table.axes.columns))
    free = [column for column in columns if len({table.rows[place].labels[column] for place in places}) > 1]
    by_rest = {_part(table.rows[place], free): place for place in places}
    if len(free) == len(columns) or len(by_rest) < len(places):
        raise ConfigError([Problem(f"versus={versus}", f"{len(places)} rows are like that: "
                                   + ", ".join(" ".join(table.rows[place].labels) for place in places[:8]))])
    partners = {place: by_rest[rest] for place, row in enumerate(table.rows)
                if (rest := _part(row, free)) in by_rest}
    return _against(table, partners, Reference(versus, tuple(table.axes.columns[column] for column in free)))


def _part(row: Row, columns: Sequence[int]) -> tuple[str, ...]:
    return tuple(row.labels[column] for column in columns)


def _against(table: Table, partners: Mapping[int, int], reference: Reference) -> Table:
    """The table with the difference of each row to its partner, by places; a row is a reference where it is its own."""
    rows = []
    for place, row in enumerate(table.rows):
        partner = partners.get(place, place)
        compared = None if partner == place else paired(row.values, table.rows[partner].values)
        rows.append(replace(row, reference=partners.get(place) == place, versus=compared))
    return replace(table, rows=tuple(rows), reference=reference)
