"""A report as a value: tables of rows, each row the runs of one setting over its seeds."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlrun.record.metric import Metric, Metrics
from dlrun.record.trials import Importance
from dlrun.report.axes import Axes
from dlrun.report.run import Run
from dlrun.report.scale import MetricScale
from dlrun.report.statistics import Interval, mean
from dlrun.report.values import RATE, value_of


@dataclass(frozen=True)
class Row:
    """The runs of one setting, by seed.

    `values` are the numbers that count; `versus` is the paired difference to the table's reference row, None for
    that row itself and where no seed is common.
    """

    labels: tuple[str, ...]
    runs: tuple[Run, ...]
    values: dict[int, float]
    summary: Interval | None
    versus: Interval | None = None
    best: bool = False
    reference: bool = False

    @property
    def seconds(self) -> float | None:
        """The mean training time of the runs that count."""
        return self._mean("seconds")

    @property
    def rows_per_second(self) -> float | None:
        """Their mean of training rows per second."""
        return self._mean(RATE)

    @property
    def peak_memory(self) -> float | None:
        """The most bytes that any of them took."""
        return max(self._measured("peak_memory"), default=None)

    def _mean(self, key: str) -> float | None:
        known = self._measured(key)
        return mean(known) if known else None

    def _measured(self, key: str) -> list[float]:
        found = [value_of(run.result, key) for run in self.runs if run.counted]
        return [value for value in found if value is not None]

    @property
    def parameters(self) -> int | None:
        """Trainable parameters; None where the row's runs differ in them."""
        found = {run.result.get("parameters") for run in self.runs} - {None}
        return found.pop() if len(found) == 1 else None

    @property
    def stale(self) -> bool:
        """Whether any of its runs was made by other code of dlrun than this."""
        return any(run.stale for run in self.runs)

    def missing(self, metric: Metric) -> list[tuple[str, list[int]]]:
        """Why runs are not in the mean, each reason with its seeds."""
        reasons: dict[str, list[int]] = {}
        for run in self.runs:
            if run.seed not in self.values:
                reasons.setdefault(f"no {metric.title}" if run.counted else run.say(), []).append(run.seed)
        return list(reasons.items())


@dataclass(frozen=True)
class Reference:
    """What the rows are compared with: `name`, as it was asked for, or the best row where that is empty.

    `equal` are the columns in which a row and the one that it is compared with are the same, where several rows have
    the name.
    """

    name: str = ""
    equal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows that can be compared: one data set, one task.

    `key` names what is shown (``test/accuracy``), `metrics` are all that its runs have measured.  `reference` is None
    where nothing is compared; `repeated` are runs that are left out, since a row has their seed already.
    `importance` is what the axes of a search mattered, as the search has found it; `search` is whether the rows are
    trials.
    """

    title: str
    key: str
    axes: Axes
    rows: tuple[Row, ...]
    scale: MetricScale
    notes: tuple[str, ...]
    reference: Reference | None = None
    repeated: tuple[Run, ...] = ()
    metrics: Metrics = field(default_factory=Metrics)
    importance: Importance | None = None
    search: bool = False

    @property
    def metric(self) -> Metric:
        """What is shown, as `derived.describe` has it."""
        return self.scale.metric

    @property
    def runs(self) -> list[Run]:
        """The runs of all rows."""
        return [run for row in self.rows for run in row.runs]

    @property
    def candidates(self) -> list[Row]:
        """The rows that can be the best: those with a value, and of a search those whose runs all count, if any.

        A trial with a seed that diverged is the worst to a search, and one that failed or was given up has no value.
        """
        measured = [row for row in self.rows if row.summary]
        whole = [row for row in measured if all(run.counted for run in row.runs)]
        return whole if self.search and any(row.runs for row in whole) else measured


@dataclass(frozen=True)
class Report:
    """All tables of a report; `title` is the sweep's name, or the folders'."""

    title: str
    tables: tuple[Table, ...]
    command: str = ""
