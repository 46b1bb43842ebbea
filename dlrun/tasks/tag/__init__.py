"""A class for each word of a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.config.schema.fields import flag
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.metrics import ACCURACY, LOSS
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "tag")
@dataclass(frozen=True)
class Tag(TaskSpec):
    """A class for each word of a sequence."""

    kind = "tag"
    accumulated = (LOSS, ACCURACY, Metric("padded_accuracy", direction="max", share=True, short="padded",
                                          doc="The share of positions that are right, padding included."))
    primary = "accuracy"
    scores = "classes"
    wants = ("tokens",)
    count_padding: bool = flag(False, "Let the loss count padded positions too, as the books do.")

    def width(self, data_spec: Any) -> int:
        return data_spec.target_vocabulary

    def plots(self) -> Plots:
        from dlrun.tasks.tag.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.tag.task import TagTask

        return TagTask(context.data_spec.padding, self.count_padding)
