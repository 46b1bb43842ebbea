"""One number for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import choice
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.registry import register
from dlrun.tasks._base.metrics import LOSS, MAE, MAE_IN_UNITS, MAE_SCALED, MSE, watches_scaled
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.config.schema.root import Config
    from dlrun.data.prepared import Split
    from dlrun.metrics._gathered import Predictions
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.plots import Plots
    from dlrun.tasks._base.task import Task
    from dlrun.tasks._base.view import View


@register("task", "regress")
@dataclass(frozen=True)
class Regress(TaskSpec):
    """One number for each row; mean squared error (or task.loss=mae)."""

    natural = "number"
    accumulated = (LOSS, MSE, MAE)
    further = (MAE_SCALED, MAE_IN_UNITS)
    primary = "mae"
    scores = "numbers"
    gathers = True
    packs = compiles = True
    mixable = True
    accepts = ("number",)
    baselines = ("majority", "permuted", "last_value")
    loss: str = choice("mse", ("mse", "mae"), "Mean squared or mean absolute error, or a registered loss of your own.",
                       group="loss")

    def read_revision(self, config: Config) -> int:
        return 2 if watches_scaled(config) else 1

    def width(self, data_spec: DatasetSpec) -> int:
        return 1

    def config_clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        """A skill is one of forecasts."""
        if config.dataset.windows() is None:
            named = [("early_stop.monitor", config.early_stop.monitor),
                     ("schedule.monitor", config.schedule.watched or ""),
                     *(("task.metrics", name) for name in self.metrics)]
            for key, name in named:
                if name.removeprefix("val/") in ("skill", "seasonal_skill"):
                    yield Problem(f"{key}={name}", f"expected a series; {config.dataset.kind} has no last value to "
                                                   "compare with", origin(key))

    def beside(self, predictions: dict[str, Predictions], split: Split, settings: Mapping[str, Any]
               ) -> dict[str, Predictions]:
        """Of a series, the forecasts that need no network stand beside."""
        rows = predictions.get("")
        if "windows" not in settings or rows is None:
            return predictions
        from dlrun.metrics._numbers import NumberPredictions
        from dlrun.tasks.regress.skill import naive_forecasts

        assert isinstance(rows, NumberPredictions)
        return {"": replace(rows, naive=naive_forecasts(split, settings))}

    def after_test(self, view: View) -> tuple[dict[str, float], dict[str, Any]]:
        """Of a series, the errors of the forecasts that need no network."""
        test, settings = view.prepared.test, view.prepared.settings
        if test is None or "windows" not in settings:
            return {}, {}
        import numpy as np

        from dlrun.metrics._numbers import NumberPredictions
        from dlrun.tasks.regress.skill import naive_forecasts

        true = view.prepared.targets[0].in_unit(np.asarray(test.y))
        rows = NumberPredictions(true, true, naive_forecasts(test, settings))
        errors = {name: error for name in rows.naive if (error := rows.naive_error(name)) > 0}
        found: dict[str, dict[str, Any]] = {name: {"mae": error} for name, error in errors.items()}
        if "seasonal" in found:
            found["seasonal"]["season"] = settings["season"]
        return {}, {"naive_forecasts": found} if found else {}

    def plots(self) -> Plots:
        from dlrun.tasks.regress.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.regress.task import RegressTask

        if not context.targets:
            return RegressTask(self.loss)
        return RegressTask(self.loss, context.targets[0].factor, context.targets[0].offset)
