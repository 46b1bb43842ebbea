"""Several targets from one network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import choice, weights
from dlrun.config.schema.weights import in_order
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.metrics import _gathered
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.metrics import ACCURACY, LOSS, MAE, MAE_IN_UNITS, MAE_SCALED, watches_scaled
from dlrun.tasks._base.spec import TaskSpec
from dlrun.tasks._base.weights import weight_problems

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "multi_output")
@dataclass(frozen=True)
class MultiOutput(TaskSpec):
    """Several targets from one network, numbers and classes; task.loss_weights weighs their losses.

    Each is a number, two classes by one logit, or more classes.

    The loss is the sum of the targets' losses, each times its weight, as in Keras; beside it stand ``age_loss`` and
    ``age_mae`` for a number, ``income_loss`` and ``income_accuracy`` for classes.
    """

    natural = "several"
    gathers = True
    packs = compiles = True
    accepts = ("several", "labels")
    baselines = ("majority", "permuted")
    loss: str = choice("mse", ("mse", "mae"), "Loss of targets that are numbers; classes have cross-entropy.")
    loss_weights: Any = weights(
        None, "What each target's loss is multiplied by in the sum: a list in their order, or a mapping by name or "
        "number (others weigh 1); null: 1 each.")
    heads: tuple[Any, ...] = field(default=())  # of the data, once it has been seen

    @property
    def known(self) -> bool:
        return bool(self.heads)

    def on(self, data_spec: DatasetSpec) -> TaskSpec:
        return replace(self, heads=data_spec.several())

    @property
    def accumulated(self) -> tuple[Metric, ...]:  # type: ignore[override]
        return (LOSS, *(_of(what, head.key) for head in self.heads for what in _summed(head)))

    @property
    def own(self) -> tuple[Metric, ...]:
        return (LOSS, *(_of(_judging(head), head.key) for head in self.heads))

    @property
    def further(self) -> tuple[Metric, ...]:  # type: ignore[override]
        return tuple(_of(metric, head.key) for head in self.heads for metric in _further(head))

    @classmethod
    def metric_named(cls, name: str) -> Metric | None:
        """Of any target: its name comes before the metric's."""
        if name == "loss":
            return LOSS
        known = [MAE_SCALED, MAE_IN_UNITS, MAE, LOSS, ACCURACY,
                 *_gathered.all_of("classes"), *_gathered.all_of("numbers")]
        fitting = [metric for metric in known if name.endswith(f"_{metric.name}")]
        if not fitting:
            return None
        metric = max(fitting, key=lambda metric: len(metric.name))  # balanced_accuracy, not accuracy of `x_balanced`
        return _of(metric, name.removesuffix(f"_{metric.name}"))

    def gathered_metric(self, name: str) -> Metric | None:
        for head in self.heads:
            if name.startswith(f"{head.key}_"):
                found = _gathered.described(name[len(head.key) + 1:], _kind(head))
                if found is not None:
                    return _of(found, head.key)
        return None

    def gathered_names(self) -> list[str]:
        return [f"{head.key}_{name}" for head in self.heads for name in _gathered.names(_kind(head))]

    def read_revision(self, config: Config) -> int:
        return 2 if watches_scaled(config) else 1

    def width(self, data_spec: DatasetSpec) -> int:
        return sum(head.outputs for head in data_spec.several())

    def clashes(self, data_spec: DatasetSpec) -> Iterator[Problem]:
        heads = data_spec.several()
        names = tuple(head.name for head in heads)
        yield from weight_problems(self.loss_weights, names, "task.loss_weights", "target")
        owners: dict[str, str] = {}
        for head in heads:
            measures = [f"{head.key}_{name}" for name in _names(head)]
            if twice := next((name for name in measures if name in owners), None):
                yield Problem("dataset.target", f'"{owners[twice]}" and "{head.name}" would both have the measure '
                                                f"{twice}; rename one of the columns")
            owners |= dict.fromkeys(measures, head.name)

    def plots(self) -> Plots:
        from dlrun.tasks.multi_output.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.multi_output.task import MultiOutputTask

        heads = context.data_spec.several()
        names = [head.name for head in heads]
        weights = None if self.loss_weights is None else in_order(self.loss_weights, names, "target")
        return MultiOutputTask(heads, context.targets, self.loss, weights, context.rng.device)


def _kind(head: Any) -> str:
    return "classes" if head.classes else "numbers"


def _judging(head: Any) -> Metric:
    return ACCURACY if head.classes else MAE


def _summed(head: Any) -> tuple[Metric, ...]:
    return LOSS, _judging(head)


def _further(head: Any) -> tuple[Metric, ...]:
    return () if head.classes else (MAE_SCALED, MAE_IN_UNITS)


def _names(head: Any) -> list[str]:
    """The names of all metrics of a target, without its own before them."""
    return [*(metric.name for metric in (*_summed(head), *_further(head))), *_gathered.names(_kind(head))]


def _of(metric: Metric, key: str) -> Metric:
    """A metric of one target."""
    instead = f"{key}_{metric.instead_of}" if metric.instead_of else ""
    return replace(metric, name=f"{key}_{metric.name}", label=f"{key} {metric.label}" if metric.label else "", short="",
                   instead_of=instead)
