"""From folders to tables: runs that differ in nothing but the seed are one row."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dlrun.config.settings import read_file, word
from dlrun.record.trials import read_importance
from dlrun.report.axes import axes_of, sortable
from dlrun.report.derived import describe
from dlrun.report.find import gather, is_run
from dlrun.report.footnotes import notes_of
from dlrun.report.members import members
from dlrun.report.run import Run
from dlrun.report.scale import of_intervals
from dlrun.report.statistics import Interval, interval
from dlrun.report.table import Report, Row, Table
from dlrun.report.unlike import unlike
from dlrun.report.values import key_asked_for, metrics_of_all, primary_key, value_of
from dlrun.report.versus import against_best, against_named

WITH_BASELINES = "baselines"  # versus: rows of scikit-learn's models are added, and the best of them is compared with


def collect(paths: Sequence[Path], metric: str | None = None, versus: str | None = None) -> Report:
    """The report on the runs in `paths` (run folders, sweeps' folders, folders above runs).

    `metric` is a name as in ``test/accuracy``; without one it is the task's own.  `versus` names the row that the
    others are compared with; without one it is the best.  Raises ConfigError where no runs, metric or row of that name
    are.
    """
    runs, plans = gather(paths)
    if len(plans) == 1:
        metric = metric or plans[0].options.get("metric")
        versus = versus or plans[0].options.get("versus")
    planned = list(plans[0].axes) if len(plans) == 1 and len(paths) == 1 else None
    if metric:
        metric = key_asked_for(metric, [run.result for run in runs], any(run.counted for run in runs))
    search = bool(plans) and all(plan.options.get("search") for plan in plans)
    tables = tables_of(runs, planned, metric, search)
    if versus == WITH_BASELINES:
        from dlrun.report.baseline_rows import with_baselines

        tables = [with_baselines(table) for table in tables]
    else:
        tables = against_named(tables, versus) if versus else [against_best(table) for table in tables]
    log = frozenset(plans[0].logarithmic if len(plans) == 1 else ())
    mattered = read_importance(plans[0].folder) if search and len(plans) == 1 and len(tables) == 1 else None
    tables = [replace(table, axes=replace(table.axes, log=log), importance=mattered) for table in tables]
    title_ = " ".join(plan.name for plan in plans) or " ".join(map(_heading, paths))
    return Report(title_, tuple(replace(table, notes=tuple(notes_of(table))) for table in tables),
                  shlex.join(plans[0].command) if len(plans) == 1 else "")


def _heading(path: Path) -> str:
    """What a folder is called: its name, and for a run the name that its id stands below."""
    place = path.absolute()
    return f"{place.parent.name} {place.name}" if is_run(place) else place.name or str(place)


def tables_of(runs: Sequence[Run], planned: Sequence[str] | None, metric: str | None,
              search: bool = False) -> list[Table]:
    """A table for each data set and task, not compared yet; `planned` are the axes of their sweep.

    `search` is whether the runs are those of searches' trials.
    """
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        data = read_file(run.config) or word(run.config, "dataset")
        groups.setdefault((data, str(run.config.get("task.kind", ""))), []).append(run)
    return [_table(title, group, planned, metric, search) for title, group in groups.items()]


def _table(data_and_task: tuple[str, str], runs: list[Run], planned: Sequence[str] | None, metric: str | None,
           search: bool) -> Table:
    counted = [run.result for run in runs if run.counted]
    if metric is None or (counted and all(value_of(result, metric) is None for result in counted)):
        metric = primary_key(data_and_task[1], counted)
    metrics = metrics_of_all(counted)
    measure = describe(metric, metrics)
    found = members(runs)
    firsts = [row[0] for row in found.rows]
    axes = axes_of(firsts, planned, found.told_by)
    if planned is not None and len(set(axes.labels)) < len(axes.labels):  # the axes alone do not tell the rows apart
        axes = axes_of(firsts, None, found.told_by)
    order = list(range(len(found.rows)))
    if any(run.values is None for run in runs):
        order.sort(key=lambda i: [sortable(value) for value in axes.values[i]])
    axes = replace(axes, labels=[axes.labels[i] for i in order], values=[axes.values[i] for i in order],
                   besides={key: [texts[i] for i in order] for key, texts in axes.besides.items()})
    rows = []
    for labels, i in zip(axes.labels, order):
        own = sorted(found.rows[i], key=lambda run: run.seed)
        measured = {run.seed: value_of(run.result, metric) for run in own if run.counted}
        values = {seed: value for seed, value in measured.items() if value is not None}
        rows.append(Row(labels, tuple(own), values, interval(list(values.values())) if values else None))
    summaries = [row.summary for row in rows if row.summary]
    how = of_intervals(measure, summaries)
    name = " · ".join(filter(None, data_and_task)) or "no settings yet"
    table = Table(name, metric, axes, tuple(rows), how, (), None, tuple(found.repeated), metrics, search=search)
    if any(unlike(table)):
        return table
    top: Interval | None = None
    for summary in (row.summary for row in table.candidates if row.summary):
        if top is None and measure.direction or top is not None and measure.better(summary.mean, top.mean):
            top = summary
    marked = (replace(row, best=row.summary is top and top is not None and len(rows) > 1) for row in rows)
    return replace(table, rows=tuple(marked))
