"""Baselines computed from the training rows, before the loop: with nothing to train, it only measures them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from dlrun.config.schema.root import Config
from dlrun.data.batches import Rows, in_order
from dlrun.data.prepared import PreparedData
from dlrun.tasks._base.baseline import all_targets
from dlrun.tasks._base.task import Task

PIECE = 4096  # rows


@dataclass(frozen=True)
class TrainingRows:
    """What a model that is computed at once may ask of the training rows; each answer is made when it is asked for."""

    task: Task
    prepared: PreparedData
    train: Rows
    width: int
    seed: int

    def prior(self) -> Tensor:
        """The outputs (width,) that make the training loss least when every row gets them."""
        return self.task.prior(all_targets(self.prepared.train), self.width)

    def answers(self) -> Tensor:
        """The targets of all rows as outputs (rows, width)."""
        return self.task.answers(all_targets(self.prepared.train), self.width)

    def inputs(self) -> np.ndarray:
        """All inputs (rows, values), float32 on the host."""
        return np.concatenate([rows.flatten(1).cpu().numpy() for rows, _ in in_order(self.train, PIECE)])

    def target_column(self) -> tuple[int, tuple[float, float], tuple[float, float]]:
        """The column of a series that is forecast, offset and factor of its inputs, and those of the target."""
        column, target = self.prepared.settings["target"], self.prepared.targets[0]
        offset, factor = (np.broadcast_to(value, self.prepared.train.x.shape[1:])[column].item()
                          for value in (self.prepared.scale.offset, self.prepared.scale.factor))
        return column, (offset, factor), (target.offset, target.factor)


def compute(model: nn.Module, task: Task, prepared: PreparedData, train: Rows, config: Config) -> None:
    """Set a model that is computed from the training rows."""
    config.model.fit(model, TrainingRows(task, prepared, train, config.task.width(prepared.data_spec), config.seed))
