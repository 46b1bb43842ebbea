"""What a comparison measured, small enough to be kept: the numbers that its verdicts are made of, by row and seed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from dlrun.config.flat import flatten
from dlrun.record.manifest import CHANGED
from dlrun.record.metric import Metrics, metrics_of
from dlrun.record.plan import Job, Plan
from dlrun.record.stored import Damaged
from dlrun.report.curves import curves, keys_to_draw
from dlrun.report.derived import reading
from dlrun.report.footnotes import device_of, label_of, versions_of
from dlrun.report.run import UNREADABLE, Run, read_run
from dlrun.report.values import metrics_of_all

FORMAT = 1
POINTS = 40  # of a curve that is kept


@dataclass
class Measurements:
    """The rows of a comparison in their order, and the numbers looked at: ``values[row][metric][seed]``.

    `lost` has for a row the reasons of its runs that have no number (diverged, failed, not run yet).  `seconds` is the
    training time of all runs together.  `partial` says what narrows it (overrides), `metrics` is what the runs'
    results say of theirs.  `ids` has the id of each row's run with the first seed: a row of two comparisons is one run,
    and a file that was changed has other ids than its numbers.  `curves` has for each row and key what `Curve.plain`
    makes of the learning curve; none in what was kept before curves were.
    """

    id: str
    profile: str
    rows: list[str]
    values: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)
    lost: dict[str, list[str]] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    devices: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    date: str = ""
    seconds: float = 0.0
    runs: int = 0
    partial: list[str] = field(default_factory=list)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    curves: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)

    def values_of(self, row: str, metric: str | None, default: str) -> dict[int, float]:
        """The numbers of a row by seed, of a metric or of the comparison's own."""
        return self.values.get(row, {}).get(metric or default, {})

    @cached_property
    def known(self) -> Metrics:
        """What is known of the metrics by name."""
        return metrics_of({"metrics": self.metrics})

    def plain(self) -> dict[str, Any]:
        """As JSON types, infinity as None; `read_measurements` is the way back."""
        return {"format": FORMAT, **asdict(self)}


def read_measurements(plain: Mapping[str, Any]) -> Measurements:
    """Raises ValueError for another format."""
    if plain.get("format") != FORMAT:
        raise ValueError(f"format {plain.get('format')}, not {FORMAT}")
    rest = {key: value for key, value in plain.items() if key not in ("format", "values")}
    values = {row: {metric: {int(seed): math.inf if value is None else value for seed, value in seeds.items()}
                    for metric, seeds in metrics.items()} for row, metrics in plain["values"].items()}
    return Measurements(**rest, values=values)


def _as_written(run: Run) -> Run:
    """The run; one that does not count where its numbers were changed after it ended: no verdict is made of them."""
    changed = set(run.changed or ()) - {"provenance.json"} if run.counted else set()
    return replace(run, status=UNREADABLE, reason=f"{', '.join(sorted(changed))}: {CHANGED}") if changed else run


def row_name(job: Job) -> str:
    """The row that a job belongs to: the name of its named row and its values on the axes, the seed apart."""
    return " ".join(filter(None, [job.row, *(_shown(value) for value in job.values.values())])) or "run"


def _shown(value: Any) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


def ids_of(plan: Plan) -> dict[str, str]:
    """For each row the id of its run with the first seed."""
    found: dict[str, str] = {}
    for job in plan.jobs:
        found.setdefault(row_name(job), job.id)
    return found


class Folders:
    """A comparison as it lies in run folders; remembers every number that was asked for."""

    def __init__(self, plan: Plan, book_id: str, profile: str, partial: Sequence[str] = ()):
        self.runs: dict[str, list[Run]] = {}
        for job in plan.jobs:
            run = _as_written(read_run(plan.run_folder(job), flatten(job.config), job.id, job.row, job.values))
            self.runs.setdefault(row_name(job), []).append(run)
        self.measurements = Measurements(book_id, profile, list(self.runs), partial=list(partial), ids=ids_of(plan))
        self._of_all()

    def values_of(self, row: str, metric: str) -> dict[int, float]:
        """The numbers of a row by seed, rounded to what a verdict can need (nine digits)."""
        kept = self.measurements.values.setdefault(row, {})
        if metric not in kept:
            found = {run.seed: self._reading(run, metric, row) for run in self.runs.get(row, [])}
            kept[metric] = {seed: float(f"{value:.9g}") for seed, value in sorted(found.items()) if value is not None}
        return kept[metric]

    def keep_curves(self, metrics: Iterable[str]) -> None:
        """Add the learning curves of these metrics, and of the loss, from the epochs of all runs that count."""
        rows = {row: [run for run in runs if run.counted] for row, runs in self.runs.items()}
        keys = keys_to_draw(metrics, rows.values())
        found = {row: curves(runs, keys, POINTS) for row, runs in rows.items()}
        self.measurements.curves = {row: {key: curve.plain() for key, curve in of_row.items()}
                                    for row, of_row in found.items() if of_row}

    def _reading(self, run: Run, metric: str, row: str) -> float | None:
        try:
            return reading(run, metric)
        except Damaged as damaged:  # of an older run, without checksums
            self.measurements.lost.setdefault(row, []).append(f"{damaged.path.name} is not readable")
            return None

    def _of_all(self) -> None:
        found, runs = self.measurements, [run for own in self.runs.values() for run in own]
        done = [run for run in runs if run.counted]
        found.lost = {row: [f"{say} ({count})" if count > 1 else say for say, count in sorted(Counter(
            run.say() for run in own if not run.counted).items())] for row, own in self.runs.items()}
        found.lost = {row: reasons for row, reasons in found.lost.items() if reasons}
        found.metrics = metrics_of_all(run.result for run in done).stored()
        found.seeds = sorted({run.seed for run in runs})
        found.labels = sorted({label_of(run) for run in done} - {""})
        found.devices = sorted({device_of(run) for run in done} - {""})
        found.versions = sorted({versions_of(run) for run in done} - {""})
        found.date = max((str(run.provenance.get("started", ""))[:10] for run in done), default="")
        found.seconds = round(sum(float(run.result.get("seconds") or 0) for run in done), 1)
        found.runs = len(done)
