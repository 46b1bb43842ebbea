"""Quantile regression: an output for each quantile, by the pinball loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import Target
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.averaging import mean_of_numbers
from dlrun.tasks._base.baseline import Baseline, all_targets, constant
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.prediction import Column, number_column
from dlrun.tasks._base.task import Task


class QuantileTask(Task):
    """Targets are numbers (rows,), float32; outputs are (rows, quantiles).

    Nothing keeps a network's quantiles from crossing; in metrics and predictions they are put in order (Chernozhukov
    and others, 2010), which never makes the loss larger.  Where the data set scales its target by `factor`,
    ``interval_in_units`` is the width of the interval in its own unit.
    """

    def __init__(self, quantiles: Sequence[float], factor: float = 1.0, device: torch.device | str = "cpu"):
        self.quantiles, self.factor = tuple(quantiles), factor
        self._shares = torch.tensor(self.quantiles, device=device)

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        outputs = model(batch.x).float()
        below = batch.y[:, None] - outputs  # how far each quantile lies below the target
        return torch.maximum(self._shares * below, (self._shares - 1) * below).mean(), outputs

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        low, high = outputs.detach().amin(1), outputs.detach().amax(1)
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("coverage", ((low <= batch.y) & (batch.y <= high)).sum(), batch.rows)
        totals.sum("interval", (high - low).sum(), batch.rows)

    def compute(self, metrics: dict[str, float]) -> dict[str, float]:
        if self.factor == 1.0 or "interval" not in metrics:
            return metrics
        return {**metrics, "interval_in_units": metrics["interval"] / self.factor}

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The quantiles of the targets."""
        return torch.quantile(y.double(), self._shares.double().to(y.device)).float()

    def answers(self, y: Tensor, width: int) -> Tensor:
        return y[:, None].expand(-1, width)

    def baseline(self, prepared: PreparedData, split: Split, width: int) -> Baseline:
        return constant(self.prior(all_targets(prepared.train), width), "the quantiles of the training targets", split)

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        """Each quantile's mean (Vincent's averaging)."""
        return mean_of_numbers(outputs.sort(2).values, weights)

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        """A column for each quantile: ``price 0.1``."""
        name = targets[0].name or "quantile"
        return [number_column(f"{name} {share:g}", values, targets[0])
                for share, values in zip(self.quantiles, outputs.sort(1).values.T)]

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        return {"quantiles": outputs.sort(1).values / targets[0].factor + targets[0].offset}
