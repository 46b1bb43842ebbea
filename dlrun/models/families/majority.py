"""The baseline ``majority``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.kinds import TaskKind
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Model, Module, Rng
from dlrun.registry import register


@register("model", "majority")
@dataclass(frozen=True)
class Majority(Model):
    """Baseline: the same answer for every row, the largest class, or the mean (or median) of the targets.

    It is the one that makes the training loss least: classes by their shares, so that the largest is taken; a number by
    the mean of the training targets (their median with task.loss=mae); each label and each of several targets likewise;
    tokens by their shares.
    """

    computed: ClassVar[bool] = True

    def unfit(self, task: TaskKind, data_spec: DatasetSpec) -> str:
        if self.kind in task.baselines:
            return ""
        return f"task {task.kind} does not say which one answer makes its loss least"

    def build(self, network: Any, data_spec: DatasetSpec, outputs: int, seed: int, rng: Rng) -> Module:
        from dlrun.models.families.majority_module import ConstantOutput

        return ConstantOutput(outputs, data_spec.target_length)

    def fit(self, module: Any, rows: Any) -> None:
        module.values.copy_(rows.prior())
