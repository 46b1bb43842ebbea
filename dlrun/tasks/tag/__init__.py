"""A class for each word of a sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import flag
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.metrics import ACCURACY, LOSS
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "tag")
@dataclass(frozen=True)
class Tag(TaskSpec):
    """A class for each word of a sequence."""

    natural = "tokens"
    accumulated = (LOSS, ACCURACY, Metric("padded_accuracy", direction="max", share=True, short="padded",
                                          doc="The share of positions that are right, padding included."))
    primary = "accuracy"
    scores = "classes"
    gathers = True
    accepts = ("tokens",)
    baselines = ("majority",)
    count_padding: bool = flag(False, "Let the loss count padded positions too, as the books do.")

    def width(self, data_spec: DatasetSpec) -> int:
        return int(data_spec.target_vocabulary)

    def config_clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        # With padding counted all rows have equally many positions, and the parts' means weighted by rows are exact.
        if config.optimizer.accumulate > 1 and not self.count_padding:
            yield Problem(f"optimizer.accumulate={config.optimizer.accumulate}",
                          "expected 1: parts of a batch count by their rows, and the loss of tag is a mean over words",
                          origin("optimizer.accumulate"))

    def process_clashes(self) -> Iterator[Problem]:
        if not self.count_padding:
            yield Problem("task=tag", "its loss is a mean over words, not rows; task.count_padding=true is not")

    def plots(self) -> Plots:
        from dlrun.tasks.tag.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.tag.task import TagTask

        return TagTask(context.data_spec.padding, self.count_padding)
