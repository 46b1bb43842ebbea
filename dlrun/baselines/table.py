"""Baselines over seeds: a row for each, with what it measured for each seed of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlrun.baselines.estimators import ESTIMATORS
from dlrun.baselines.measure import Measured, measure, prepared_rows
from dlrun.config.schema.root import Config


@dataclass(frozen=True)
class BaselineRow:
    """One baseline: its name, what it is in words, and what it measured for each seed."""

    name: str
    says: str
    measured: tuple[Measured, ...]

    def values(self, metric: str) -> dict[int, float]:
        """A metric by seed; without the seeds for which it is not defined."""
        return {one.seed: one.metrics[metric] for one in self.measured if metric in one.metrics}


def baseline_rows(config: Config, target_kind: str, names: Sequence[str], seeds: Sequence[int],
                  say: Callable[[str], None]) -> list[BaselineRow]:
    """What baselines measure on the rows that runs of `config` with these seeds see.  Raises ConfigError."""
    found: dict[str, list[Measured]] = {name: [] for name in names}
    for seed in seeds:
        one = dataclasses.replace(config, seed=seed)
        prepared = list(prepared_rows(one, say))
        for name in names:
            found[name].append(measure(one, name, say, prepared))
    return [BaselineRow(name, ESTIMATORS[name].classes if target_kind == "classes" else ESTIMATORS[name].numbers,
                        tuple(measured)) for name, measured in found.items()]
