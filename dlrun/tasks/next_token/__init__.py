"""The next character or word of a text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.metrics import ACCURACY, LOSS
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


OF_TEXT = {  # what is measured of the text that a model writes, by name without its temperature
    "words": Metric("words", doc="Different words among all words: the type-token ratio."),
    "real": Metric("real", doc="The share of words that the training text has."),
    "grams": Metric("grams", doc="Distinct 4-grams of tokens among all."),
    "entropy": Metric("entropy", doc="Mean entropy of the distributions that were drawn from, in nats."),
}


@register("task", "next_token")
@dataclass(frozen=True)
class NextToken(TaskSpec):
    """The next character or word of a text; perplexity is measured too."""

    natural = "next_token"
    accumulated = (LOSS, ACCURACY)
    further = (Metric("perplexity", direction="min", doc="e to the mean cross-entropy of a token."),)
    primary = "perplexity"
    scores = "classes"
    suggests = {"dataset": "python_docs"}
    accepts = ("classes", "tokens")
    baselines = ("majority",)

    @property
    def own(self) -> tuple[Metric, ...]:
        return (*self.accumulated, *self.further)

    @classmethod
    def metric_named(cls, name: str) -> Metric | None:
        of_text = OF_TEXT.get(name.rpartition("_")[0])  # words_0.5
        return super().metric_named(name) if of_text is None else replace(of_text, name=name)

    def width(self, data_spec: DatasetSpec) -> int:
        return data_spec.target_vocabulary or len(data_spec.classes)

    def final_samples(self, view: View) -> dict[str, float]:
        from dlrun.tasks.next_token.text_diversity import text_diversity

        return text_diversity(view)

    def plots(self) -> Plots:
        from dlrun.tasks.next_token.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.next_token.task import NextTokenTask

        return NextTokenTask()
