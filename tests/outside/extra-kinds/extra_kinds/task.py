"""A number for each row, judged by how many rows are hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.api.kinds import Metric, TaskSpec, number

if TYPE_CHECKING:
    from dlrun.api.kinds import Plots, Task


@dataclass(frozen=True)
class Within(TaskSpec):
    """A number for each row, by the log-cosh loss; rows whose error is small are hits."""

    accumulated = (Metric("loss", direction="min"),
                   Metric("hits", label="rows that are hit", direction="max", share=True))
    primary = "hits"
    scores = "numbers"
    accepts = ("number",)
    tolerance: float = number(0.25, "The largest error of a hit.", low=0, above=True)

    def width(self, data_spec: Any) -> int:
        return 1

    def plots(self) -> Plots:
        from extra_kinds.task_module import PLOTS

        return PLOTS

    def build(self, context: Any) -> Task:
        from extra_kinds.task_module import WithinTask

        return WithinTask(self.tolerance)
