"""The next character or word of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.registry import register
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


@register("task", "next_token")
@dataclass(frozen=True)
class NextToken(TaskSpec):
    """The next character or word of a text."""

    kind = "next_token"
    measures = ("loss", "accuracy")
    wants = ("classes", "tokens")

    @property
    def shown(self) -> tuple[str, ...]:
        return ("loss", "accuracy", "perplexity")

    def width(self, data_spec: Any) -> int:
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
