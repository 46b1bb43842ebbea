"""The baseline ``last_value``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import Problem
from dlrun.config.schema.kinds import TaskKind
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Model, Module, Rng
from dlrun.registry import register

_WHY = "it forecasts a number of a series by its last value (jena, electricity, series); model=majority fits"


@register("model", "last_value")
@dataclass(frozen=True)
class LastValue(Model):
    """Baseline of forecasts: the target's last value in the window.

    (Chollet, 6.3.3.)
    """

    computed: ClassVar[bool] = True

    def unfit(self, task: TaskKind, data_spec: DatasetSpec) -> str:
        if self.kind in task.baselines and data_spec.input_kind == "series":
            return ""
        return _WHY

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        yield from super().clashes(config, origin)
        if config.dataset.windows() is None:  # rows that are series of their own have a target of another kind
            yield Problem("model=last_value", _WHY, origin("model"))

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        from dlrun.models.families.last_value_module import LastValue

        return LastValue()

    def fit(self, module: Any, rows: Any) -> None:
        module.set(*rows.target_column())
