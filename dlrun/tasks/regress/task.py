"""Regression: one number for each row; mean squared or mean absolute error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import Target
from dlrun.metrics._gathered import Predictions
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.averaging import mean_of_numbers
from dlrun.tasks._base.baseline import Baseline, all_targets, constant, last_value
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.gathered import concatenated, number_predictions
from dlrun.tasks._base.metrics import in_units
from dlrun.tasks._base.own_loss import own_loss
from dlrun.tasks._base.prediction import Column, number_column
from dlrun.tasks._base.priors import centre
from dlrun.tasks._base.task import Task, member_loss


class RegressTask(Task):
    """Targets are numbers (rows,), float32; outputs are (rows, 1).

    Where the data set scales its target by `factor`, ``mae`` is in its own unit; loss and ``mse`` are not.
    """

    def __init__(self, loss: str = "mse", factor: float = 1.0, offset: float = 0.0):
        self.factor, self.offset = factor, offset
        self._loss = {"mse": F.mse_loss, "mae": F.l1_loss}.get(loss) or own_loss(loss)

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        loss, outputs = member_loss(lambda outputs, y: self._loss(outputs[:, 0], y), model(batch.x).float(), batch.y)
        return loss, outputs[:, 0]

    def direct(self, player: str, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor] | None:
        if self._loss is not F.mse_loss or outputs.dtype != torch.float32 or outputs.ndim != 2 or outputs.shape[1] != 1:
            return None
        values = outputs[:, 0]
        loss = F.mse_loss(values, batch.y)
        gradient = torch.ops.aten.mse_loss_backward.default(torch.ones_like(loss), values, batch.y, 1)
        return loss, values, gradient[:, None]

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        off = outputs.detach() - batch.y
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("mse", off.square().sum(), batch.rows)
        totals.sum("mae", off.abs().sum(), batch.rows)

    def scored(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Numbers in the unit that they had before they were scaled."""
        return outputs / self.factor + self.offset, batch.y / self.factor + self.offset

    def gathered(self, passed: Sequence[tuple[Any, Tensor]], data_spec: DatasetSpec) -> dict[str, Predictions]:
        """In the unit that the numbers had before they were scaled."""
        return {"": number_predictions(*concatenated(passed), self.factor, self.offset)}

    def compute(self, metrics: dict[str, float]) -> dict[str, float]:
        return in_units(metrics, "mae", self.factor)

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The median of the targets where the loss is the absolute error, else their mean (see `_base.priors`)."""
        return centre(y, self._loss is F.l1_loss)[None]

    def answers(self, y: Tensor, width: int) -> Tensor:
        return y[:, None]

    def baseline(self, prepared: PreparedData, split: Split, width: int) -> Baseline:
        """The last value in windows of a series, else the centre of the training targets."""
        if split.form.windows is not None:
            return last_value(prepared, split)
        centre_of = "median" if self._loss is F.l1_loss else "mean"
        prior = self.prior(all_targets(prepared.train), width)
        return constant(prior, f"the {centre_of} of the training targets", split)

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        return mean_of_numbers(outputs, weights)

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        return [number_column(targets[0].name or "prediction", outputs[:, 0], targets[0])]

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        return {"prediction": outputs[:, 0] / targets[0].factor + targets[0].offset}
