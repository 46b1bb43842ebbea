"""Several labels for each row, each there or not: one logit for each label."""

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
from dlrun.metrics._labels import LabelPredictions
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.averaging import mean_of_odds
from dlrun.tasks._base.baseline import Baseline, all_targets, constant
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.gathered import concatenated
from dlrun.tasks._base.prediction import Column, probability_columns
from dlrun.tasks._base.priors import log_odds, sure
from dlrun.tasks._base.task import Task


class MultiLabelTask(Task):
    """Targets are 0 or 1 (rows, labels), float32; outputs are logits (rows, labels)."""

    def __init__(self, labels: Sequence[str]):
        self.labels = tuple(labels)

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()
        return F.binary_cross_entropy_with_logits(logits, batch.y), logits

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        right = (outputs.detach() > 0) == (batch.y > 0.5)
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", right.sum(), right.numel())
        totals.sum("exact_match", right.all(1).sum(), batch.rows)

    def scored(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        return self.probabilities(outputs), batch.y.long()

    def gathered(self, passed: Sequence[tuple[Any, Tensor]], data_spec: DatasetSpec) -> dict[str, Predictions]:
        return {"": self._predictions(*concatenated(passed))}

    def _predictions(self, logits: Tensor, y: Tensor) -> LabelPredictions:
        return LabelPredictions(self.probabilities(logits).numpy(), y.numpy() > 0.5, logits.numpy() > 0, self.labels)

    def prior(self, y: Tensor, width: int) -> Tensor:
        """Each label's share as a logit (see `_base.priors`)."""
        return log_odds(y.double().mean(0))

    def answers(self, y: Tensor, width: int) -> Tensor:
        return torch.cat([sure(column, 1) for column in y.T], 1)

    def baseline(self, prepared: PreparedData, split: Split, width: int) -> Baseline:
        prior = self.prior(all_targets(prepared.train), width)
        return constant(prior, "each label's commoner value", split)

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        return mean_of_odds(outputs, weights)

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        shares = self.probabilities(outputs)
        found = (shares > 0.5).long().cpu().numpy().T
        labels = [Column(name, values) for name, values in zip(data_spec.classes, found)]
        return [*labels, *probability_columns("p", data_spec.classes, shares)]

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        return {"probabilities": self.probabilities(outputs)}

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each label (rows, labels)."""
        return torch.sigmoid(logits)

    def by_label(self, logits: Tensor, y: Tensor) -> dict[str, dict[str, Any]]:
        """Precision, recall, F1 and the count of rows of each label; 0 where they are undefined."""
        return self._predictions(logits, y).per_class()

    def details(self, logits: Tensor, y: Tensor) -> dict[str, float]:
        """``macro_f1``, which is `f1` under its older name."""
        rows = self._predictions(logits, y)
        return {"macro_f1": rows.mean(rows.f1)}
