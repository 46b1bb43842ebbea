"""The module of ``member_mean``."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class MemberMean(nn.Module):
    """(rows, members, outputs) as they are while training, else (rows, outputs).

    Of classes the result is the logits whose probabilities are the mean ones.
    """

    offset: Tensor
    factor: Tensor

    def __init__(self, classes: bool):
        super().__init__()
        self.classes = classes
        self.register_buffer("offset", torch.zeros(()))
        self.register_buffer("factor", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        x = x * self.factor + self.offset
        if self.training:
            return x
        return mean_logits(x) if self.classes else x.mean(1)


def mean_logits(logits: Tensor) -> Tensor:
    """Logits (rows, outputs) of the mean of the members' probabilities; one output is the log odds of two classes."""
    logits = logits.float()
    if logits.shape[2] == 1:
        return F.logsigmoid(logits).logsumexp(1) - F.logsigmoid(-logits).logsumexp(1)
    return torch.log_softmax(logits, 2).logsumexp(1) - log(logits.shape[1])
