"""The row that the others are compared with: the best one, or the one that was named."""

from __future__ import annotations

import re
from dataclasses import replace

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.report.axes import ROW
from dlrun.report.statistics import paired
from dlrun.report.table import Row, Table


def best_of(table: Table) -> Row | None:
    """The best row; None where there is none."""
    return next((row for row in table.rows if row.best), None)


def against(table: Table, reference: Row | None, named: bool) -> Table:
    """The table with each row's paired difference to `reference`; `named` says that it was asked for by name."""
    if reference is None:
        return table
    rows = [replace(row, reference=row is reference,
                    versus=None if row is reference else paired(row.values, reference.values)) for row in table.rows]
    return replace(table, rows=tuple(rows), named=named)


def against_named(tables: list[Table], versus: str) -> list[Table]:
    """The tables, compared with the row that `versus` fits; raises ConfigError where none or several do."""
    found = [(table, rows_named(table, versus)) for table in tables]
    if not any(rows for _, rows in found):
        known = [" ".join(row.labels) for table in tables for row in table.rows if row.labels]
        raise ConfigError([Problem(f"versus={versus}", f"no such row; there are: {', '.join(known[:20])}"
                                                    f"{did_you_mean(versus, known)}")])
    for _, rows in found:
        if len(rows) > 1:
            raise ConfigError([Problem(f"versus={versus}", f"{len(rows)} rows are like that: "
                                    + ", ".join(" ".join(row.labels) for row in rows[:8]))])
    return [against(table, rows[0] if rows else best_of(table), bool(rows))
            for table, rows in found]


def rows_named(table: Table, versus: str) -> list[Row]:
    """The rows that `versus` fits: a row's name, ``cnn adam``, or ``model=cnn,optimizer=adam``."""
    exact = [row for row in table.rows if versus in (" ".join(row.labels), row.labels[0] if row.labels else None)
             and (len(row.labels) == 1 or table.axes.columns[0] == ROW or versus == " ".join(row.labels))]
    if exact:
        return exact
    words = [part for part in re.split(r"\s+|,(?![^\[]*\])", versus) if part]

    def fits(row: Row) -> bool:
        pairs = {f"{name}={label}" for name, label in zip(table.axes.columns, row.labels)}
        return all(part in pairs or part in row.labels for part in words)

    return [row for row in table.rows if fits(row)] if words else []
