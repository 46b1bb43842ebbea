"""Any number of labels for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dlrun.registry import register
from dlrun.tasks._base.spec import TaskSpec

if TYPE_CHECKING:
    from dlrun.tasks._base.context import BuildContext
    from dlrun.tasks._base.task import Task


@register("task", "multi_label")
@dataclass(frozen=True)
class MultiLabel(TaskSpec):
    """Any number of labels for each row: a sigmoid for each, binary cross-entropy, the mean over rows and labels.

    ``accuracy`` is the share of right labels, ``exact_match`` that of rows with all labels right (subset accuracy).
    """

    kind = "multi_label"
    measures = ("loss", "accuracy", "exact_match")
    wants = ("labels",)

    def width(self, data_spec: Any) -> int:
        return len(data_spec.classes)

    def build(self, context: BuildContext) -> Task:
        from dlrun.tasks.multi_label.task import MultiLabelTask

        return MultiLabelTask(context.data_spec.classes)
