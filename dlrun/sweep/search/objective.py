"""What a search improves: a metric on validation rows, never on test rows, and the mean over a trial's seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from dlrun.config.check.rules import measured
from dlrun.config.flat import flatten
from dlrun.config.problem import Problem, did_you_mean
from dlrun.config.schema.root import Config
from dlrun.preflight.checked import Checked
from dlrun.record.metric import Metric
from dlrun.report.comparable import of_other_losses, of_other_rows, of_other_scales, of_something_else
from dlrun.report.values import primary_key, value_of
from dlrun.sweep.plan.status import JobState


@dataclass(frozen=True)
class Objective:
    """`key` names it as reports do: ``val/accuracy``, ``best/val/loss``; `metric` is what it is."""

    key: str
    metric: Metric

    @property
    def falls(self) -> bool:
        """Whether smaller is better."""
        return self.metric.direction != "max"

    @property
    def worst(self) -> float:
        """The value of a trial that diverged: the sampler learns to keep away from it."""
        return math.inf if self.falls else -math.inf

    @property
    def row_key(self) -> str:
        """The key of an epoch's row that it is read from while the run trains."""
        return self.key.removeprefix("best/")

    def value_of_trial(self, states: Sequence[JobState]) -> tuple[float | None, str]:
        """The value of a trial whose runs have all ended; None, with the reason, where it has none."""
        values = []
        for state in states:
            if state.failed and state.status != "diverged":
                return None, state.reason
            value = None if state.failed else value_of(state.result, self.key)
            if value is None and not state.failed and not self._has(state):
                return None, f"its result has no {self.key}"
            values.append(self.worst if value is None else value)
        return fmean(values) if all(map(math.isfinite, values)) else self.worst, ""

    def _has(self, state: JobState) -> bool:
        split, _, name = self.key.partition("/")
        return name in (state.result.get(split) or {})

    def curve(self, rows: Sequence[dict[str, Any]]) -> dict[int, float]:
        """The value after each epoch, from a run's rows; the best one so far where that is what counts."""
        found: dict[int, float] = {}
        for row in rows:
            value = row.get(self.row_key)
            if isinstance(value, (int, float)) and math.isfinite(value):
                found[row["epoch"]] = self.best_so_far(float(value), found.values())
        return found

    def best_so_far(self, value: float, before: Iterable[float]) -> float:
        """The value, or the best one of it and those before where the metric is ``best/...``."""
        if self.key == self.row_key:
            return value
        return (min if self.falls else max)([value, *before])


def objective(config: Config, key: str | None) -> tuple[Objective, list[Problem]]:
    """What a search over runs like this one improves: `key`, or the metric that its task is judged by."""
    known = measured(config)
    on_validation = [one for one in known if one.startswith("val/")]

    def named(one: str) -> Objective:
        return Objective(one, config.task.described().of(one))

    if key is None and not on_validation:
        return named("val/loss"), [Problem("search", "without validation rows nothing can be chosen; add "
                                                     "validation=0.2")]
    if key is None:
        names = {one.partition("/")[2]: 0.0 for one in on_validation}
        return named(primary_key(config.task.kind, [{"val": names}])), []
    found = named(key)
    if key.partition("/")[0].partition("@")[0] == "test":
        return found, [Problem(f"metric={key}", "the test rows are never used to choose; expected one of "
                               + ", ".join(on_validation or known))]
    if found.row_key not in known:
        return found, [Problem(f"metric={key}", f"expected one of {', '.join(known)}"
                               f"{did_you_mean(found.row_key, known)}")]
    if found.metric.direction is None:
        return found, [Problem(f"metric={key}", "neither more nor less of it is better; expected one of "
                               + ", ".join(one for one in known if config.task.described().of(one).direction))]
    return found, []


def unlike(probes: Sequence[Checked], goal: Objective) -> list[Problem]:
    """Why trials of a space would be judged by numbers that do not compare, from what its `probes` differ in."""
    flat = [flatten(probe.config.plain or {}) for probe in probes]
    differ = [key for key in dict.fromkeys(key for one in flat for key in one)
              if any(one.get(key) != flat[0].get(key) for one in flat)]
    config, found = probes[0].config, []
    if keys := of_something_else(differ):
        found.append(Problem(", ".join(keys), "trials would measure different things; expected one value in a search"))
    own = all(probe.dataset_info.rows.get("val") for probe in probes)
    if (keys := of_other_rows(goal.key, differ, config)) and not own:
        found.append(Problem(", ".join(keys), f"trials would be judged by {goal.key} of different rows; expected one "
                                              "value in a search: a grid compares several on the test rows"))

    seen = [key for key in differ if not key.startswith("task.class_weights")]  # of training rows alone

    def scaled(metric: Metric) -> list[str]:
        return of_other_losses(metric, seen) + of_other_scales(metric, seen, config.task.kind)

    if keys := scaled(goal.metric):
        metrics = {key: config.task.described().of(key) for key in measured(config) if key.startswith("val/")}
        alike = ", ".join(key for key, one in metrics.items() if one.direction and not scaled(one)) or "none"
        found.append(Problem(f"metric={goal.key}", f"{', '.join(keys)} would put the trials' numbers on different "
                                                   f"scales; expected a measure of all of them: {alike}"))
    return found
