"""The baseline ``permuted``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.kinds import TaskKind
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Model, Module, Rng
from dlrun.registry import register


@register("model", "permuted")
@dataclass(frozen=True)
class Permuted(Model):
    """Baseline: for each row the target of a training row drawn at random, as permuted targets would have it.

    (Chollet, 3.5.4.)
    """

    computed: ClassVar[bool] = True

    def unfit(self, task: TaskKind, data_spec: DatasetSpec) -> str:
        if self.kind in task.baselines:
            return ""
        fits = "; model=majority fits" if "majority" in task.baselines else ""
        return f"it permutes the answers of rows, and task {task.kind} has none{fits}"

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        from dlrun.models.families.permuted_module import Drawn

        return Drawn(outputs, rng)

    def fit(self, module: Any, rows: Any) -> None:
        module.answers = rows.answers().to(module.answers.device)
