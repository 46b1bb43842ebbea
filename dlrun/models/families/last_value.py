"""The baseline ``last_value``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.kinds import TaskKind
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Model, Module, Rng
from dlrun.registry import register


@register("model", "last_value")
@dataclass(frozen=True)
class LastValue(Model):
    """Baseline of forecasts: the target's last value in the window.

    (Chollet, 6.3.3.)
    """

    computed: ClassVar[bool] = True

    def unfit(self, task: TaskKind, data_spec: DatasetSpec) -> str:
        own_column = data_spec.input_kind == "series" and data_spec.target_name in data_spec.features
        if self.kind in task.baselines and own_column:
            return ""
        return "it forecasts a number of a series by its last value (jena, electricity, series); model=majority fits"

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        from dlrun.models.families.last_value_module import LastValue

        return LastValue()

    def fit(self, module: Any, rows: Any) -> None:
        module.set(*rows.target_column())
