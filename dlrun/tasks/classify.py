"""Classification: two classes by one logit, more by a logit for each; accuracy is a fraction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.config import tasks
from dlrun.tasks.task import Batch, Totals

_ONE: Sequence[Sequence[str]] = (("model",),)


class Classify:
    """One player, the whole model.  Targets are class numbers (rows,), int64."""

    measures = tasks.Classify.measures

    def __init__(self, config: tasks.Classify, classes: int):
        self.classes = classes
        self.outputs = config.outputs(classes)
        self._loss = self._choose_loss(config.loss)

    def _choose_loss(self, name: str) -> Callable[[Tensor, Tensor], Tensor]:
        # Decided once, so that the step has no branches.
        if name == "mse":
            return _mse_binary if self.outputs == 1 else _mse_classes
        if self.outputs == 1:
            return _binary
        return _binary_classes if name == "binary_cross_entropy" else F.cross_entropy

    def players(self, model: nn.Module) -> dict[str, nn.Module]:
        return {"model": model}

    def turn(self, step: int) -> Sequence[Sequence[str]]:
        return _ONE

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()  # losses are taken in float32 whatever the forward pass was
        return self._loss(logits, batch.y), logits

    def add(self, player: str, totals: Totals, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", (self.classify(outputs.detach()) == batch.y).sum(), batch.rows)

    def derive(self, metrics: dict[str, float]) -> dict[str, float]:
        return metrics

    def classify(self, logits: Tensor) -> Tensor:
        """The most likely class of each row (rows,), int64."""
        return (logits[:, 0] > 0).long() if self.outputs == 1 else logits.argmax(1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each class (rows, classes)."""
        if self.outputs == 1:
            positive = torch.sigmoid(logits[:, 0])
            return torch.stack([1 - positive, positive], dim=1)
        return torch.softmax(logits, dim=1)


def _binary(logits: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits[:, 0], y.to(logits.dtype))


def _binary_classes(logits: Tensor, y: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, F.one_hot(y, logits.shape[1]).to(logits.dtype))


def _mse_binary(logits: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(torch.sigmoid(logits[:, 0]), y.to(logits.dtype))


def _mse_classes(logits: Tensor, y: Tensor) -> Tensor:
    return F.mse_loss(torch.softmax(logits, 1), F.one_hot(y, logits.shape[1]).to(logits.dtype))
