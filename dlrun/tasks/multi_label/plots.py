"""How well each label is predicted."""

from __future__ import annotations

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.inputs import filters, first_batch
from dlrun.tasks.multi_label.task import MultiLabelTask


def labels(view: View) -> None:
    """Precision, recall and F1 of each label."""
    from dlrun.record.plots import save_labels

    task = view.task
    assert isinstance(task, MultiLabelTask)
    found = task.by_label(*view.outputs)
    view.save("labels", lambda path: save_labels(path, found))


PLOTS = Plots(start=(first_batch,), end=(labels, filters), outputs=True)
