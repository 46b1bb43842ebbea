"""Quantiles of one number for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import numbers
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.record.metric import Metric
from dlrun.registry import register
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task


@register("task", "quantile")
@dataclass(frozen=True)
class Quantile(TaskSpec):
    """An interval for one number of each row: task.quantiles of it, by the pinball loss.

    The loss is the mean of the pinball losses (Koenker and Bassett, 1978).  ``coverage`` is the share of rows
    whose number lies in the interval from the lowest to the highest quantile: 0.8 is right for 0.1 and 0.9.
    """

    accumulated = (
        Metric("loss", label="pinball loss", direction="min", doc="Mean pinball loss of the quantiles."),
        Metric("coverage", share=True, doc="The share of rows whose number lies in the interval."),
        Metric("interval", label="interval width", direction="min", doc="Mean width of the interval."))
    further = (Metric("interval_in_units", label="interval width", direction="min", instead_of="interval",
                      doc="Mean width of the interval in the unit that the target had before it was scaled."),)
    accepts = ("number",)
    packs = compiles = True
    baselines = ("majority", "permuted")
    quantiles: tuple[float, ...] = numbers(
        (0.1, 0.5, 0.9), "Which quantiles are predicted: two or more, in ascending order.", low=0, high=1, above=True,
        below=True)

    def width(self, data_spec: DatasetSpec) -> int:
        return len(self.quantiles)

    def config_clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        if len(self.quantiles) < 2 or any(low >= high for low, high in zip(self.quantiles, self.quantiles[1:])):
            yield Problem(f"task.quantiles=[{','.join(f'{share:g}' for share in self.quantiles)}]",
                          "expected two or more, in ascending order", origin("task.quantiles"))

    def plots(self) -> Plots:
        from dlrun.tasks.quantile.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.quantile.task import QuantileTask

        factor = context.targets[0].factor if context.targets else 1.0
        return QuantileTask(self.quantiles, factor, context.rng.device)
