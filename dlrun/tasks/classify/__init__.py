"""One class for each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import choice, rules, weights
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.registry import register
from dlrun.tasks._base.metrics import ACCURACY, LOSS
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "classify")
@dataclass(frozen=True)
class Classify(TaskSpec):
    """One class for each row (two classes: one output)."""

    natural = "classes"
    accumulated = (LOSS, ACCURACY)
    primary = "accuracy"
    scores = "classes"
    gathers = True
    mixable = True
    packs = compiles = True
    accepts = ("classes",)
    baselines = ("majority", "permuted")
    loss: str = choice(
        "auto", ("auto", "cross_entropy", "binary_cross_entropy", "mse"),
        "auto: binary cross-entropy on one output for two classes, else cross-entropy; mse is on probabilities. Or a "
        "registered loss of your own.", group="loss")
    class_weights: Any = weights(
        None, "What a row's training loss is multiplied by, by its class; the mean still divides by the rows, and "
        "validation and test losses are not weighted (Keras's class_weight). balanced: rows / (classes * rows of the "
        "class), counted on the training rows; else a list, or a mapping by name or number (others weigh 1).",
        words=("balanced",))

    def outputs(self, classes: int) -> int:
        """Outputs of the network for so many classes."""
        return 1 if classes == 2 and self.loss != "cross_entropy" else classes

    def width(self, data_spec: DatasetSpec) -> int:
        return self.outputs(len(data_spec.classes))

    def clashes(self, data_spec: DatasetSpec) -> Iterator[Problem]:
        if len(data_spec.classes) < 2:
            yield Problem(f"dataset.only=[{','.join(data_spec.classes)}]", "expected two classes at least")
        if self.class_weights is None:
            return
        from dlrun.tasks._base.weights import weight_problems

        yield from weight_problems(self.class_weights, data_spec.classes, "task.class_weights", "class")
        if self.loss not in rules(Classify)["loss"].choices:
            yield Problem(f"task.loss={self.loss}", "task.class_weights needs the loss of each row, and a loss of your "
                                                    "own gives their mean: weigh the rows in it")

    def _weights(self, classes: Sequence[str], counts: Sequence[int]) -> list[float] | None:
        """What each class's rows weigh, in the order of the classes; None where all weigh the same."""
        if self.class_weights is None:
            return None
        from dlrun.config.schema.weights import balanced, in_order

        if self.class_weights == "balanced":
            return balanced(counts) if counts else None
        return in_order(self.class_weights, classes, "class")

    def plots(self) -> Plots:
        from dlrun.tasks._base.plots import Plot, Plots
        from dlrun.tasks._plots.inputs import first_batch

        def end() -> tuple[Plot, ...]:
            from dlrun.tasks.classify.plots import END

            return END

        return Plots(start=(first_batch,), end=end, outputs=True)

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.classify.task import ClassifyTask

        return ClassifyTask(self.width(context.data_spec), self.loss,
                            self._weights(context.data_spec.classes, context.counts), context.rng.device)
