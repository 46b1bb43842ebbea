"""Several targets from one network: its outputs are cut into a slice for each, with a loss and a measure of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.data.dataset_spec import DatasetSpec, Head
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import Target
from dlrun.metrics._classes import class_predictions
from dlrun.metrics._gathered import Predictions
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.averaging import mean_of_classes, mean_of_numbers, mean_of_odds
from dlrun.tasks._base.baseline import Baseline, all_targets, constant
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.gathered import concatenated, number_predictions
from dlrun.tasks._base.metrics import in_units
from dlrun.tasks._base.prediction import Column, class_column, number_column, probability_columns
from dlrun.tasks._base.priors import centre, log_odds, log_shares, sure
from dlrun.tasks._base.task import Task

Outputs = tuple[Tensor, list[Tensor]]  # of the network (rows, width), and each target's loss


@dataclass(frozen=True)
class Slice:
    """The outputs `start` to `stop` of a network, which tell column `place` of the targets.

    `factor` is what a number was multiplied by, after `offset` was taken from it; 1 and 0 for classes.
    """

    head: Head
    place: int
    start: int
    stop: int
    factor: float = 1.0
    offset: float = 0.0

    def of(self, outputs: Tensor) -> Tensor:
        """This target's outputs (rows, values); a number or the logit of two classes is (rows, 1)."""
        return outputs[:, self.start:self.stop]

    def classify(self, outputs: Tensor) -> Tensor:
        """The most likely class of each row (rows,), int64, from all outputs."""
        own = self.of(outputs)
        return (own[:, 0] > 0).long() if self.head.outputs == 1 else own.argmax(1)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Probability of each class (rows, classes), from all outputs."""
        own = self.of(outputs)
        if self.head.outputs > 1:
            return torch.softmax(own, 1)
        positive = torch.sigmoid(own)
        return torch.cat([1 - positive, positive], 1)


def _mean_of(head: Head) -> Callable[[Tensor, Tensor], Tensor]:
    if not head.classes:
        return mean_of_numbers
    return mean_of_odds if head.outputs == 1 else mean_of_classes


class MultiOutputTask(Task):
    """Targets are (rows, heads), float32: numbers, and numbers of classes; outputs are (rows, width).

    The loss is the sum over the targets of weight * loss, as in Keras.  Of a number that the data set scales
    ``<name>_mae`` is in its own unit.
    """

    def __init__(self, heads: Sequence[Head], targets: Sequence[Target] = (), loss: str = "mse",
                 weights: Sequence[float] | None = None, device: torch.device | str = "cpu"):
        self.slices: list[Slice] = []
        start = 0
        for place, head in enumerate(heads):
            factor, offset = (targets[place].factor, targets[place].offset) if targets else (1.0, 0.0)
            self.slices.append(Slice(head, place, start, start + head.outputs, factor, offset))
            start += head.outputs
        self._weights = torch.tensor([1.0] * len(heads) if weights is None else list(weights), device=device)
        self._error = F.mse_loss if loss == "mse" else F.l1_loss

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Outputs]:
        outputs = model(batch.x).float()
        losses = [self._loss(part, part.of(outputs), batch.y[:, part.place]) for part in self.slices]
        return (torch.stack(losses) * self._weights).sum(), (outputs, losses)

    def _loss(self, part: Slice, own: Tensor, y: Tensor) -> Tensor:
        if not part.head.classes:
            return self._error(own[:, 0], y)
        if part.head.outputs == 1:
            return F.binary_cross_entropy_with_logits(own[:, 0], y)
        return F.cross_entropy(own, y.long())

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Outputs, batch: Batch) -> None:
        totals.mean("loss", loss.detach(), batch.rows)
        values, losses = outputs[0].detach(), outputs[1]
        for part, own in zip(self.slices, losses):
            key, y = part.head.key, batch.y[:, part.place]
            totals.mean(f"{key}_loss", own.detach(), batch.rows)
            if part.head.classes:
                totals.sum(f"{key}_accuracy", (part.classify(values) == y).sum(), batch.rows)
            else:
                totals.sum(f"{key}_mae", (part.of(values)[:, 0] - y).abs().sum(), batch.rows)

    def gathered(self, passed: Sequence[tuple[Any, Tensor]], data_spec: DatasetSpec) -> dict[str, Predictions]:
        values, y = concatenated([(outputs[0], true) for outputs, true in passed])
        found: dict[str, Predictions] = {}
        for part in self.slices:
            own = y[:, part.place]
            if part.head.classes:
                found[part.head.key] = class_predictions(part.probabilities(values).numpy(), own.numpy(),
                                                         part.classify(values).numpy(), part.head.classes)
            else:
                found[part.head.key] = number_predictions(part.of(values)[:, 0], own, part.factor, part.offset)
        return found

    def prior(self, y: Tensor, width: int) -> Tensor:
        """Each target's own: a mean (or median), or the shares of classes (see `_base.priors`)."""
        found = []
        for part in self.slices:
            own = y[:, part.place]
            if not part.head.classes:
                found.append(centre(own, self._error is F.l1_loss)[None])
            else:
                one = part.head.outputs == 1
                found.append(log_odds(own.mean())[None] if one else log_shares(own.long(), part.head.outputs))
        return torch.cat(found)

    def answers(self, y: Tensor, width: int) -> Tensor:
        return torch.cat([sure(own, part.head.outputs) if part.head.classes else own[:, None]
                          for part in self.slices for own in [y[:, part.place]]], 1)

    def baseline(self, prepared: PreparedData, split: Split, width: int) -> Baseline:
        prior = self.prior(all_targets(prepared.train), width)
        return constant(prior, "each target's largest class or centre", split)

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        """Of each target by itself: of numbers, or of the probabilities of classes."""
        return torch.cat([_mean_of(part.head)(outputs[:, :, part.start:part.stop], weights) for part in self.slices], 1)

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        columns: list[Column] = []
        for part in self.slices:
            name, classes = part.head.name, part.head.classes
            if not classes:
                columns.append(number_column(name, part.of(outputs)[:, 0], targets[part.place]))
                continue
            columns.append(class_column(name, part.classify(outputs), classes))
            columns += probability_columns(f"p {name}", classes, part.probabilities(outputs))
        return columns

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        return {part.head.key: part.probabilities(outputs) if part.head.classes else
                part.of(outputs)[:, 0] / targets[part.place].factor + targets[part.place].offset
                for part in self.slices}

    def compute(self, metrics: dict[str, float]) -> dict[str, float]:
        for part in self.slices:
            metrics = in_units(metrics, f"{part.head.key}_mae", part.factor)
        return metrics
