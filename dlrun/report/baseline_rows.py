"""Rows of scikit-learn's models in a table of runs: ``versus=baselines``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from dlrun.baselines.estimators import ESTIMATORS
from dlrun.baselines.measure import hash_of_rows
from dlrun.baselines.table import BaselineRow, baseline_rows
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.folds import depends_on_seed
from dlrun.config.schema.root import Config
from dlrun.config.settings import word
from dlrun.record.folder import RunFolder
from dlrun.record.stored import Damaged, read_yaml_mapping
from dlrun.report.run import Run
from dlrun.report.scale import of_intervals
from dlrun.report.statistics import interval, paired
from dlrun.report.table import Reference, Row, Table
from dlrun.report.unlike import unlike

GIVEN = "versus=baselines"


def with_baselines(table: Table) -> Table:
    """The table with a row for each baseline, and every row compared with the best of these.

    They are fitted on the rows that the runs saw, or found in the cache.  A table without results yet stays as it is.
    Raises ConfigError where runs of one seed saw different rows, where their data has changed since, or where baselines
    do not measure what is shown.
    """
    runs = [run for run in table.runs if run.counted]
    if not runs:
        return table
    _refuse_different_rows(runs)
    split, _, name = table.key.partition("/")
    config, target_kind = _config(runs[0])
    _refuse_changed_rows(config, runs)
    found = baseline_rows(config, target_kind, list(ESTIMATORS), sorted({run.seed for run in runs}), lambda note: None)
    if any(not row.values(name) or row.measured[0].part != split for row in found):
        part, metrics = found[0].measured[0].part, found[0].measured[0].metrics
        raise problem(GIVEN, f"the table shows {table.key}; baselines have "
                                        f"{', '.join(f'{part}/{metric}' for metric in metrics)}")
    table = _named(table)
    rows = [*table.rows, *(_row(row, name, len(table.axes.columns)) for row in found)]
    of_all = of_intervals(table.metric, [row.summary for row in rows if row.summary])
    shown = max(table.scale, of_all, key=lambda one: one.decimals)
    return _compared(dataclasses.replace(table, scale=shown, axes=dataclasses.replace(
        table.axes, labels=[row.labels for row in rows],
        values=[*table.axes.values, *(row.labels for row in rows[len(table.rows):])],
        besides={key: [*texts, *[""] * len(found)] for key, texts in table.axes.besides.items()}), rows=tuple(rows)))


def _named(table: Table) -> Table:
    """The table with a column where it has none: that of the only row's model."""
    if table.axes.columns:
        return table
    model = word(table.rows[0].runs[0].config, "model")
    axes = dataclasses.replace(table.axes, columns=("model",), labels=[(model,)], values=[(model,)])
    return dataclasses.replace(table, axes=axes, rows=tuple(dataclasses.replace(row, labels=(model,))
                                                            for row in table.rows))


def _row(found: BaselineRow, metric: str, columns: int) -> Row:
    values = found.values(metric)
    return Row((f"baseline: {found.says}", *[""] * (columns - 1)), (), values, interval(list(values.values())))


def _compared(table: Table) -> Table:
    """The best row of all marked, where they can be compared, and each row's paired difference to the best baseline."""
    measured = [row for row in table.rows if row.summary]

    def first(rows: Sequence[Row]) -> Row:
        best = rows[0]
        for row in rows[1:]:
            assert row.summary is not None and best.summary is not None
            if table.metric.better(row.summary.mean, best.summary.mean):
                best = row
        return best

    reference, best = first([row for row in measured if not row.runs]), first(table.candidates)
    marks = table.metric.direction is not None and not any(unlike(table))
    rows = [dataclasses.replace(row, best=marks and row is best,
                                reference=row is reference,
                                versus=None if row is reference else paired(row.values, reference.values))
            for row in table.rows]
    return dataclasses.replace(table, rows=tuple(rows), reference=Reference(reference.labels[0]))


def _refuse_different_rows(runs: Sequence[Run]) -> None:
    by_seed: dict[int, set[str]] = {}
    for run in runs:
        by_seed.setdefault(run.seed, set()).add(run.data_hash)
    if any(len(hashes) > 1 for hashes in by_seed.values()):
        raise problem(GIVEN, "runs of one seed saw different rows; expected rows that differ in other things "
                                        "than their data")


def _refuse_changed_rows(config: Config, runs: Sequence[Run]) -> None:
    """Raise ConfigError where a run saw other rows than baselines of `config` and its seed would be fitted on.

    Runs that noted no hash of their rows pass.
    """
    now: dict[int | None, str] = {}
    for run in runs:
        seed = run.seed if depends_on_seed(config) else None
        if seed not in now:
            now[seed] = hash_of_rows(dataclasses.replace(config, seed=run.seed), lambda note: None)
        if not now[seed].startswith(run.data_hash):
            also = "" if run is runs[0] else f", or is read by other settings than that of {runs[0].name}"
            raise problem(GIVEN, f"baselines would be fitted on other rows than {run.name} was trained on: its data "
                                 f"has changed since{also}; expected the data as it was, or the runs trained again")


def _config(run: Run) -> tuple[Config, str]:
    """The configuration of a run, and the kind of its targets; raises ConfigError where its data is gone."""
    from dlrun.preflight.preflight import stored

    try:
        plain = read_yaml_mapping(RunFolder(run.folder).config)
    except (FileNotFoundError, Damaged) as wrong:
        raise problem(GIVEN, f"{run.name} has no readable config.yaml ({wrong})") from None
    try:
        checked = stored(plain)
    except ConfigError as wrong:
        why = "; ".join(f"{one.given}: {one.expected}" for one in wrong.problems)
        raise problem(GIVEN, f"the data of {run.name} cannot be read again: {why}") from None
    return checked.config, checked.dataset_info.data_spec.target_kind
