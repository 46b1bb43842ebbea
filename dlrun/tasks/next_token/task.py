"""The next token of a text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.averaging import mean_of_classes
from dlrun.tasks._base.batch import Batch
from dlrun.tasks._base.generation import GenerateOptions
from dlrun.tasks._base.priors import log_shares
from dlrun.tasks._base.task import Task
from dlrun.tasks.next_token.writing import continuation


class NextTokenTask(Task):
    """The next token: outputs (rows, vocabulary) for one a row, (rows, vocabulary, length) for one a position."""

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()
        return F.cross_entropy(logits, batch.y), logits

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", (outputs.detach().argmax(1) == batch.y).sum(), batch.y.numel())

    def scored(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        return torch.softmax(outputs, 1).movedim(1, -1).flatten(0, -2), batch.y.flatten()

    def compute(self, metrics: dict[str, float]) -> dict[str, float]:
        """Adds the perplexity: e to the mean cross-entropy of a token."""
        return {**metrics, "perplexity": math.exp(min(metrics["loss"], 700.0))} if "loss" in metrics else metrics

    def generate(self, model: nn.Module, state: Mapping[str, Any], options: GenerateOptions) -> str:
        """A text that begins with the prompt."""
        return options.prompt + continuation(model, dict(state), options)

    def averaged(self, outputs: Tensor, weights: Tensor) -> Tensor:
        return mean_of_classes(outputs, weights)

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The tokens' shares as logits: a unigram model (see `_base.priors`)."""
        return log_shares(y, width)
