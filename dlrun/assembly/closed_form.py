"""Baselines computed from the training rows, before the loop: with nothing to train, it only measures them."""

from __future__ import annotations

import numpy as np
from torch import nn

from dlrun.config.schema.root import Config
from dlrun.data.batches import Rows, in_order
from dlrun.data.prepared import PreparedData
from dlrun.models.assembly import Autoencoder
from dlrun.models.baselines import Constant, Drawn, LastValue, set_components
from dlrun.tasks._base.baseline import all_targets
from dlrun.tasks._base.task import Task

PIECE = 4096  # rows


def compute(model: nn.Module, task: Task, prepared: PreparedData, train: Rows, config: Config) -> None:
    """Set a baseline from the training rows; other models are left as they are.

    What targets say (majority, permuted) is taken from them alone; principal components see all inputs at once, float32
    on the host.
    """
    width = config.task.width(prepared.data_spec)
    if isinstance(model, Constant):
        model.values.copy_(task.prior(all_targets(prepared.train), width))
    elif isinstance(model, Drawn):
        model.answers = task.answers(all_targets(prepared.train), width).to(model.answers.device)
    elif isinstance(model, LastValue):
        column, target = prepared.asked["target"], prepared.targets[0]
        offset, factor = (np.broadcast_to(value, prepared.train.x.shape[1:])[column].item()
                          for value in (prepared.scale.offset, prepared.scale.factor))
        model.set(column, (offset, factor), (target.offset, target.factor))
    elif isinstance(model, Autoencoder) and not model.blueprint.trained:
        x = np.concatenate([rows.flatten(1).cpu().numpy() for rows, _ in in_order(train, PIECE)])
        set_components(model, x, config.seed)
