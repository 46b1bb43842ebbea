"""`dlrun.multirun`: a sweep, with the plan, the folders and the tables of `dlrun -m`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.api.objects import read_objects
from dlrun.api.overrides import overrides_of
from dlrun.api.run import Run
from dlrun.config.problem import problem
from dlrun.record.terminal import say

if TYPE_CHECKING:
    from dlrun.report.table import Report


class Grid:
    """The runs of a sweep."""

    def __init__(self, folder: Path, runs: list[Run], allow: tuple[str, ...] = ()):
        self.folder, self.runs = folder, runs
        self._allow = allow

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def table(self, metric: str | None = None, versus: str | None = None) -> GridTable:
        """The table over seeds that ``dlrun report`` prints; see there for `metric` and `versus`."""
        from dlrun.report.collect import collect

        return GridTable(collect([self.folder], metric, versus))

    def best(self, metric: str | None = None) -> Run:
        """Of the row whose mean over its seeds is the best, the run that is the best by `metric`.

        Without a name the metric is the task's own.  Raises ConfigError where no run has it.
        """
        from dlrun.report.collect import collect

        tables = collect([self.folder], metric).tables
        rows = [(table, row) for table in tables for row in table.candidates if row.runs]
        if not rows:
            raise problem(f"metric={metric}" if metric else "best", "no run of this sweep has a result yet")
        table, row = rows[0]
        for other_table, other in rows[1:]:
            assert row.summary is not None and other.summary is not None
            if table.metric.better(other.summary.mean, row.summary.mean):
                table, row = other_table, other
        best = None
        for run in row.runs:
            value = row.values.get(run.seed)
            if value is not None and (best is None or table.metric.better(value, best[0])):
                best = (value, run)
        assert best is not None
        return Run(best[1].folder, self._allow)

    def __repr__(self) -> str:
        done = sum(run.status in ("finished", "stopped") for run in self.runs)
        return f"<Grid {self.folder.name}: {done} of {len(self.runs)} runs have a result>"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


class GridTable:
    """A table over seeds: prints as on the terminal, displays in a notebook, and is a data frame where pandas is."""

    def __init__(self, report: Report):
        self.report = report

    def rows(self) -> list[dict[str, Any]]:
        """A mapping a row: the settings that differ, metric, mean, half width of the 95 % interval, n, and best."""
        found = []
        for table in self.report.tables:
            for row in table.rows:
                summary = row.summary
                found.append({**dict(zip(table.axes.columns, row.labels)), "metric": table.key,
                              "mean": summary and summary.mean, "half_width_95": summary and summary.half,
                              "n": summary.n if summary else 0, "best": row.best})
        return found

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame; pandas has to be installed."""
        from pandas import DataFrame

        return DataFrame(self.rows())

    def __str__(self) -> str:
        from dlrun.report.terminal import print_report

        stream = io.StringIO()
        print_report(self.report, stream)
        return stream.getvalue()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from dlrun.api.display import table

        rows = self.rows()
        names = list(dict.fromkeys(name for row in rows for name in row))
        return table(names, [[row.get(name) for name in names] for row in rows])


def multirun(*overrides: str, progress: bool | None = None, **keys: Any) -> Grid:
    """Train every combination of the overrides' values (``"optimizer=sgd,adam"``), crossed with the seeds; the grid.

    Keywords are as for `train` (but a class as the model, which has to be a file in ``configs/model``), and those of a
    sweep: ``seeds=3``, ``workers=2``, ``n_trials=20``.  Arrays reach the worker processes through the cache.  Metrics
    and callbacks that are classes or objects, and a Dataset whose rows are drawn or not held, are in this process
    alone: then the jobs run in it, one after another (``launcher="inline"``).  What any command or call has trained is
    not trained again; the same call resumes where it was stopped.  `progress` False prints nothing.

    >>> grid = multirun("optimizer=sgd,adam", model="dense", seeds=3)  # doctest: +SKIP
    >>> grid.best("val/accuracy").result["test"]  # doctest: +SKIP
    {'loss': 0.12, 'accuracy': 0.97}
    """
    from dlrun.record.plan import store
    from dlrun.registry import permitted
    from dlrun.sweep.execute.options import execution
    from dlrun.sweep.make import make_plan
    from dlrun.sweep.run import run_sweep

    keys = dict(keys)
    objects = read_objects(keys)
    if objects.groups:
        raise problem(", ".join(objects.groups), "expected a name, since a sweep composes each of its jobs: a file "
                                                 "configs/model/NAME.yaml with _target_")
    typed = [*objects.overrides, *overrides_of(overrides, keys)]
    if objects.held:
        typed += _inline(typed, ", ".join(objects.held), tell=progress is not False)
    plan = make_plan(typed)
    allow = tuple(permitted())  # of this call, and not what a stored job allows itself
    if not plan.options.get("dry_run"):
        if plan.options.get("search") is None:  # a search's plan grows, and who leads it stores it
            store(plan)
        run_sweep(plan, execution(plan.options), io.StringIO() if progress is False else None)
    from dlrun.record.plan import load

    stored = load(plan.folder.absolute()) if (plan.folder / "plan.json").is_file() else plan
    return Grid(plan.folder, [Run(stored.run_folder(job), allow) for job in stored.jobs], allow)


def _inline(typed: list[str], held: str, tell: bool) -> list[str]:
    """The launcher for what only this process has; raises ConfigError where another one was chosen."""
    chosen = [override for override in typed if override.startswith("launcher=")]
    if chosen and chosen[-1] != "launcher=inline":
        raise problem(chosen[-1], f"only this process has {held}; expected launcher=inline")
    if tell:
        say(f"{held}: only this process has it, so the jobs run in it one after another")
    return [] if chosen else ["launcher=inline"]
