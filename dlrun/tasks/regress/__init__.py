"""One number for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.config.schema.fields import choice
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.metrics import LOSS, MAE, MAE_IN_UNITS, MAE_SCALED, MSE, watches_scaled
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


@register("task", "regress")
@dataclass(frozen=True)
class Regress(TaskSpec):
    """One number for each row; mean squared error (or task.loss=mae)."""

    kind = "regress"
    natural = "number"
    accumulated = (LOSS, MSE, MAE)
    further = (MAE_SCALED, MAE_IN_UNITS,
               Metric("skill", direction="max", doc="Of a series: 1 - error / error of the last value."),
               Metric("seasonal_skill", direction="max", doc="1 - error / error of the value one season before."))
    primary = "mae"
    scores = "numbers"
    gathers = True
    mixable = True
    accepts = ("number",)
    baselines = ("majority", "permuted", "last_value")
    loss: str = choice("mse", ("mse", "mae"), "Mean squared or mean absolute error.")

    def read_revision(self, config: Config) -> int:
        return 2 if watches_scaled(config) else 1

    def width(self, data_spec: DatasetSpec) -> int:
        return 1

    def after_test(self, view: View) -> tuple[dict[str, float], dict[str, Any]]:
        """Of a series, how much better the forecasts are than those that need no network."""
        if view.prepared.data_spec.input_kind != "series" or view.prepared.test is None:
            return {}, {}
        from dlrun.tasks.regress.skill import skill

        predicted = view.prepared.targets[0].in_unit(view.outputs[0][:, 0].numpy())
        return skill(view.prepared, view.prepared.test, predicted)

    def plots(self) -> Plots:
        from dlrun.tasks.regress.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.regress.task import RegressTask

        if not context.targets:
            return RegressTask(self.loss)
        return RegressTask(self.loss, context.targets[0].factor, context.targets[0].offset)
