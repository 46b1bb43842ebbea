"""A class at each position of a sequence: tagging, and the next token of a text."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dlrun.config import tasks
from dlrun.tasks.priors import log_shares
from dlrun.tasks.single import Single
from dlrun.tasks.task import Batch, MetricAccumulator


class Tag(Single):
    """Outputs are (rows, tags, length), targets (rows, length) with `padding` where there is no word.

    The loss leaves padding out, unless `count_padding` asks for the books' way; ``accuracy`` never counts it,
    ``padded_accuracy`` always does, as the books print it.
    """

    measures = tasks.Tag.measures

    def __init__(self, config: tasks.Tag, padding: int | None):
        self.padding = padding
        self._ignored = -100 if config.count_padding or padding is None else padding

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()
        return F.cross_entropy(logits, batch.y, ignore_index=self._ignored), logits

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        right = outputs.detach().argmax(1) == batch.y
        words = torch.ones_like(right) if self.padding is None else batch.y != self.padding
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", (right & words).sum(), words.sum())
        totals.sum("padded_accuracy", right.sum(), right.numel())

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The tags' shares among the positions that the loss counts, as logits (see tasks.priors)."""
        return log_shares(y[y != self._ignored], width)


class NextToken(Single):
    """The next token: outputs (rows, vocabulary) for one a row, (rows, vocabulary, length) for one a position."""

    measures = tasks.NextToken.measures

    def loss(self, player: str, model: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        logits = model(batch.x).float()
        return F.cross_entropy(logits, batch.y), logits

    def add(self, player: str, totals: MetricAccumulator, loss: Tensor, outputs: Tensor, batch: Batch) -> None:
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("accuracy", (outputs.detach().argmax(1) == batch.y).sum(), batch.y.numel())

    def derive(self, metrics: dict[str, float]) -> dict[str, float]:
        """Adds the perplexity: e to the mean cross-entropy of a token."""
        return {**metrics, "perplexity": math.exp(min(metrics["loss"], 700.0))} if "loss" in metrics else metrics

    def prior(self, y: Tensor, width: int) -> Tensor:
        """The tokens' shares as logits: a unigram model (see tasks.priors)."""
        return log_shares(y, width)
