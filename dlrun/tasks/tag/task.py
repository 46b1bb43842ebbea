"""Tagging: a class at each position of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.data.dataset_spec import DatasetSpec
from dlrun.metrics._classes import class_predictions
from dlrun.metrics._gathered import Predictions
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.averaging import mean_of_classes
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.gathered import concatenated
from dlrun.tasks._base.priors import log_shares
from dlrun.tasks._base.task import Task


class TagTask(Task):
    """Outputs are (rows, tags, length), targets (rows, length) with `padding` where there is no word.

    The loss leaves padding out, unless `count_padding` asks for the books' way; ``accuracy`` never counts it,
    ``padded_accuracy`` always does, as the books print it.
    """

    def __init__(self, padding: int | None, count_padding: bool = False):
        self.padding = padding
        self._ignored = -100 if count_padding or padding is None else padding

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()
        return F.cross_entropy(logits, batch.y, ignore_index=self._ignored), logits

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        right = outputs.detach().argmax(1) == batch.y
        words = torch.ones_like(right) if self.padding is None else batch.y != self.padding
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", (right & words).sum(), words.sum())
        totals.sum("padded_accuracy", right.sum(), right.numel())

    def scored(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Each word a row: its tags' probabilities and its tag; padding is left out (here the device is waited for)."""
        shares, y = torch.softmax(outputs, 1).movedim(1, -1).flatten(0, -2), batch.y.flatten()
        kept = slice(None) if self.padding is None else y != self.padding
        return shares[kept], y[kept]

    def gathered(self, passed: Sequence[tuple[Any, Tensor]], data_spec: DatasetSpec) -> dict[str, Predictions]:
        """Of each word; padding is left out."""
        words = [self.scored(outputs, Batch(y, y, len(y))) for outputs, y in passed]
        shares, y = concatenated(words)
        return {"": class_predictions(shares.numpy(), y.numpy(), classes=data_spec.classes)}

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        return mean_of_classes(outputs, weights)

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The tags' shares among the positions that the loss counts, as logits (see `_base.priors`)."""
        return log_shares(y[y != self._ignored], width)
