"""Outputs from targets alone: what fits all of them best, and what says each of them for sure."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

EDGE = 1e-7  # a probability is at least so far from 0 and 1 (Keras's epsilon), where cross-entropy is infinite


def log_shares(y: Tensor, classes: int) -> Tensor:
    """The logarithm of each class's share among y, any shape of int64; logits whose softmax are the shares."""
    counts = torch.bincount(y.flatten(), minlength=classes).double()
    return (counts / counts.sum()).clamp(EDGE, 1).log().float()


def log_odds(share: Tensor) -> Tensor:
    """The logit whose sigmoid is `share`."""
    return torch.logit(share.double(), EDGE).float()


def centre(y: Tensor, absolute: bool) -> Tensor:
    """The number that is nearest to all of y: their median by the absolute error, else their mean."""
    return torch.quantile(y.double(), 0.5).float() if absolute else y.double().mean().float()


def sure(y: Tensor, classes: int) -> Tensor:
    """Logits (rows, classes) that leave the wrong classes next to nothing; (rows, 1) for two classes by one logit."""
    most = log_odds(torch.tensor(1.0, device=y.device))
    if classes == 1:
        return ((2 * y.float() - 1) * most)[:, None]
    return F.one_hot(y.long(), classes) * most
