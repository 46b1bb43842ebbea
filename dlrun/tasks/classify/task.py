"""Classification: two classes by one logit, more by a logit for each; accuracy is a fraction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.tasks._base.task import Task, member_loss

if TYPE_CHECKING:
    from dlrun.data.dataset_spec import DatasetSpec
    from dlrun.data.prepared import PreparedData, Split
    from dlrun.data.scale import Target
    from dlrun.metrics._gathered import Predictions
    from dlrun.tasks._base.accumulator import MetricAccumulator
    from dlrun.tasks._base.baseline import Baseline
    from dlrun.tasks._base.batch import Batch
    from dlrun.tasks._base.prediction import Column

Loss = Callable[..., Tensor]  # of logits, targets and torch's `reduction`


class ClassifyTask(Task):
    """Targets are class numbers (rows,), int64, or of mixed rows the share of each class (rows, classes), float32.

    With class weights the loss of a model in training mode is the mean over the rows of weight * loss, as Keras has it
    (`F.cross_entropy` with weights divides by their sum); a model in evaluation mode has the plain mean.
    """

    def __init__(self, outputs: int, loss: str = "auto", weights: Sequence[float] | None = None,
                 device: torch.device | str = "cpu"):
        self.outputs = outputs
        self._loss = self._trained = self._choose_loss(loss)
        self.weights = None if weights is None else torch.tensor(weights, device=device)
        if self.weights is not None:
            self._trained = _weighted(self._loss, self.weights)

    def _choose_loss(self, name: str) -> Loss:
        # Decided once, so that the step has no branches.
        if name == "mse":
            return _mse_binary if self.outputs == 1 else _mse_classes
        if name not in ("auto", "cross_entropy", "binary_cross_entropy"):
            from dlrun.tasks._base.own_loss import own_loss

            return own_loss(name)
        if self.outputs == 1:
            return _binary
        return _binary_classes if name == "binary_cross_entropy" else F.cross_entropy

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()  # losses are taken in float32 whatever the forward pass was
        return member_loss(self._trained if model.training else self._loss, logits, batch.y)

    def direct(self, player: str, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor] | None:
        y = batch.y
        if self._trained is not F.cross_entropy or outputs.dtype != torch.float32 or not outputs.ndim == 2 > y.ndim:
            return None
        aten, logs = torch.ops.aten, torch.log_softmax(outputs, 1)
        loss, rows = aten.nll_loss_forward.default(logs, y, None, 1, -100)
        gradient = aten.nll_loss_backward.default(torch.ones_like(loss), logs, y, None, 1, -100, rows)
        return loss, outputs, aten._log_softmax_backward_data.default(gradient, logs, 1, torch.float32)

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", (self.classify(outputs.detach()) == _largest(batch.y)).sum(), batch.rows)

    def scored(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        shares = self.probabilities(outputs)
        return shares[:, 1] if shares.shape[1] == 2 else shares, _largest(batch.y)

    def gathered(self, passed: Sequence[tuple[Any, Tensor]], data_spec: DatasetSpec) -> dict[str, Predictions]:
        from dlrun.metrics._classes import class_predictions
        from dlrun.tasks._base.gathered import concatenated

        logits, y = concatenated(passed)
        return {"": class_predictions(self.probabilities(logits).numpy(), y.numpy(), self.classify(logits).numpy(),
                                      data_spec.classes)}

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The classes' shares as logits (see `_base.priors`)."""
        from dlrun.tasks._base.priors import log_odds, log_shares

        if width == 1:
            return log_odds(y.float().mean())[None]
        shares = log_shares(y, width)
        return log_odds(shares.exp()) if self._loss is _binary_classes else shares

    def answers(self, y: Tensor, width: int) -> Tensor:
        from dlrun.tasks._base.priors import sure

        return sure(y, width)

    def baseline(self, prepared: PreparedData, split: Split, width: int) -> Baseline:
        from dlrun.tasks._base.baseline import all_targets, constant

        return constant(self.prior(all_targets(prepared.train), width), "the largest class", split)

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        """Of the classes' probabilities; with binary cross-entropy over several classes of each class's own one."""
        from dlrun.tasks._base.averaging import mean_of_classes, mean_of_odds

        apart = self.outputs == 1 or self._loss is _binary_classes
        return (mean_of_odds if apart else mean_of_classes)(outputs, weights)

    def predictions(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> list[Column]:
        from dlrun.tasks._base.prediction import class_column, probability_columns

        classes = data_spec.classes
        return [class_column("class", self.classify(outputs), classes),
                *probability_columns("p", classes, self.probabilities(outputs))]

    def exported(self, outputs: Tensor, data_spec: DatasetSpec, targets: Sequence[Target]) -> dict[str, Tensor]:
        return {"probabilities": self.probabilities(outputs)}

    def classify(self, logits: Tensor) -> Tensor:
        """The most likely class of each row (rows,), int64."""
        return (logits[:, 0] > 0).long() if self.outputs == 1 else logits.argmax(1)

    def probabilities(self, logits: Tensor) -> Tensor:
        """Probability of each class (rows, classes)."""
        if self.outputs == 1:
            positive = torch.sigmoid(logits[:, 0])
            return torch.stack([1 - positive, positive], dim=1)
        return torch.softmax(logits, dim=1)


def _largest(y: Tensor) -> Tensor:
    """The class of each row (rows,); of a mixed one that of its larger part."""
    return y if y.ndim == 1 else y.argmax(1)


def _shares(y: Tensor, like: Tensor) -> Tensor:
    """The share of each class (rows, classes), in the type of `like`, which has this shape."""
    # Not by F.one_hot, which reads the classes on the host to check them.
    shares = y if y.ndim == 2 else y[:, None] == torch.arange(like.shape[1], device=y.device)
    return shares.to(like.dtype)


def _second(y: Tensor) -> Tensor:
    """Of two classes the share of the second (rows,)."""
    return y if y.ndim == 1 else y[:, 1]


def _weighted(loss: Loss, weights: Tensor) -> Loss:
    def mean(logits: Tensor, y: Tensor) -> Tensor:
        each = loss(logits, y, reduction="none")
        return ((each if each.ndim == 1 else each.mean(1)) * (weights[y] if y.ndim == 1 else y @ weights)).mean()

    return mean


def _binary(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    return F.binary_cross_entropy_with_logits(logits[:, 0], _second(y).to(logits.dtype), reduction=reduction)


def _binary_classes(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, _shares(y, logits), reduction=reduction)


def _mse_binary(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    return F.mse_loss(torch.sigmoid(logits[:, 0]), _second(y).to(logits.dtype), reduction=reduction)


def _mse_classes(logits: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
    return F.mse_loss(torch.softmax(logits, 1), _shares(y, logits), reduction=reduction)
