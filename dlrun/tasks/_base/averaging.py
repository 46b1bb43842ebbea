"""Outputs that say the mean of what several networks predict."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def mean_of_classes(logits: Tensor, weights: Tensor) -> Tensor:
    """Logits (rows, classes, ...) of the weighted mean of probabilities, from logits (members, rows, classes, ...).

    `weights` (members,) sum to 1; a member of weight 0 has no part.
    """
    return (F.log_softmax(logits.double(), 2) + _of_members(weights, logits).log()).logsumexp(0).float()


def mean_of_odds(logits: Tensor, weights: Tensor) -> Tensor:
    """The same where each logit (members, rows, ...) is the log odds of a probability of its own."""
    logits, shares = logits.double(), _of_members(weights, logits).log()
    yes, no = ((F.logsigmoid(sign * logits) + shares).logsumexp(0) for sign in (1, -1))
    return (yes - no).float()


def mean_of_numbers(numbers: Tensor, weights: Tensor) -> Tensor:
    """The weighted mean (rows, ...) of numbers (members, rows, ...)."""
    return (numbers.double() * _of_members(weights, numbers)).sum(0).float()


def _of_members(weights: Tensor, outputs: Tensor) -> Tensor:
    return weights.double().view(-1, *[1] * (outputs.ndim - 1))
