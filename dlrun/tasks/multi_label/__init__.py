"""Any number of labels for each row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

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


@register("task", "multi_label")
@dataclass(frozen=True)
class MultiLabel(TaskSpec):
    """Any number of labels for each row: a sigmoid and binary cross-entropy for each.

    The loss is the mean over rows and labels.

    ``accuracy`` is the share of right labels, ``exact_match`` that of rows with all labels right (subset accuracy).
    """

    natural = "labels"
    accumulated = (LOSS, replace(ACCURACY, doc="The share of labels that are right."),
                   Metric("exact_match", direction="max", share=True, doc="The share of rows with all labels right."))
    further = (Metric("macro_f1", direction="max", doc="The mean of the labels' F1."),)
    primary = "accuracy"
    scores = "labels"
    packs = compiles = True
    gathers = True
    accepts = ("labels",)
    baselines = ("majority", "permuted")

    def width(self, data_spec: DatasetSpec) -> int:
        return len(data_spec.classes)

    def after_test(self, view: View) -> tuple[dict[str, float], dict[str, Any]]:
        """F1 over all labels, and what each label's rows say."""
        from dlrun.tasks.multi_label.task import MultiLabelTask

        assert isinstance(view.task, MultiLabelTask)
        return view.task.details(*view.outputs), {"labels": view.task.by_label(*view.outputs)}

    def plots(self) -> Plots:
        from dlrun.tasks.multi_label.plots import PLOTS

        return PLOTS

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.multi_label.task import MultiLabelTask

        return MultiLabelTask(context.data_spec.classes)
