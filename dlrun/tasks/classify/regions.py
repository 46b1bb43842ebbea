"""Two numbers a row: the predicted class of each point of their plane (Buduma & Locascio, ch. 2)."""

from __future__ import annotations

import numpy as np
import torch

from dlrun.tasks._base.view import View
from dlrun.tasks.classify.task import ClassifyTask

SIDE = 200  # points along an axis
MARGIN = 0.1  # of the training rows' range, on each side
POINTS = 1_000  # training rows that are drawn


def regions(view: View) -> None:
    """The classes of the plane's points, below the first training rows in the colours of theirs."""
    task, prepared = view.task, view.prepared
    assert isinstance(task, ClassifyTask)
    data_spec = prepared.data_spec
    if data_spec.input_kind != "table" or data_spec.input_shape != (2,) or prepared.scale.squeeze is not None:
        return
    from dlrun.record.plots import save_regions

    scale = prepared.scale
    offset, factor = np.broadcast_to(scale.offset, 2), np.broadcast_to(scale.factor, 2)
    points, y = view.train.range(0, min(POINTS, view.train.count))
    low, high = (take(points, 0).cpu().double() for take in (torch.amin, torch.amax))
    wide = (high - low).clamp_min(1e-6) * MARGIN
    across, up = (torch.linspace(start, end, SIDE) for start, end in zip((low - wide).tolist(), (high + wide).tolist()))
    plane = torch.stack(torch.meshgrid(across, up, indexing="xy"), -1).view(-1, 2)  # line by line from below
    with view.eval_mode():
        taken = torch.cat([task.classify(view.model(some.to(view.rng.device)).float()).cpu()
                           for some in plane.split(view.evaluate_batch)]).view(SIDE, SIDE)
    span = [axis.numpy() / factor[place] + offset[place] for place, axis in enumerate((across, up))]
    view.save("regions", lambda path: save_regions(
        path, taken.numpy(), (*span[0][[0, -1]], *span[1][[0, -1]]), points.cpu().numpy() / factor + offset,
        y.cpu().numpy(), data_spec.classes, data_spec.features))
