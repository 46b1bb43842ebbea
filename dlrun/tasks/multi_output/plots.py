"""How well each of several targets is predicted."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from dlrun.tasks._base.plots import Plots
from dlrun.tasks._base.view import View
from dlrun.tasks._plots.inputs import filters, first_batch
from dlrun.tasks.multi_output.task import MultiOutputTask, Slice


def outputs(view: View) -> None:
    """For each target a picture: predicted against true numbers in their unit, or where classes are confused."""
    task = view.task
    assert isinstance(task, MultiOutputTask)
    values, y = view.outputs
    for part in task.slices:
        (_confusion if part.head.classes else _predictions)(view, part, values, y[:, part.place])


def _predictions(view: View, part: Slice, values: Tensor, true: Tensor) -> None:
    from dlrun.record.predicted import save_predictions

    target = view.prepared.targets[part.place]
    predicted, true_values = target.in_unit(part.of(values)[:, 0].numpy()), target.in_unit(true.numpy())
    view.save(f"predictions-{_file(part.head.key)}",
              lambda path: save_predictions(path, true_values, predicted, target.name, target.unit))


def _confusion(view: View, part: Slice, values: Tensor, true: Tensor) -> None:
    from dlrun.record.confusion import save_confusion

    size = len(part.head.classes)
    cells = torch.bincount(true.long() * size + part.classify(values), minlength=size ** 2).view(size, -1)
    view.save(f"confusion-{_file(part.head.key)}",
              lambda path: save_confusion(path, cells.numpy(), list(part.head.classes)))


def _file(key: str) -> str:
    return re.sub(r"[^\w-]+", "_", key)


PLOTS = Plots(start=(first_batch,), end=(outputs, filters), outputs=True)
