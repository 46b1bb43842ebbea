"""Layers of sequences (rows, features, length) that keep, turn or repeat positions."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models import vocabulary as words
from dlrun.models.layers.dense import Dense


class TimeDistributed(Dense):
    """(rows, features, length) to (rows, units, length)."""

    def _linear(self, x: Tensor) -> Tensor:
        return F.linear(x.transpose(1, 2), self.weight, self.bias).transpose(1, 2)


class Repeat(nn.Module):
    """(rows, features) to (rows, features, times)."""

    def __init__(self, layer: words.Repeat):
        super().__init__()
        self.times = layer.times

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(2).expand(-1, -1, self.times)

    def extra_repr(self) -> str:
        return f"{self.times} times"


class Reverse(nn.Module):
    """The last axis from its end."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.flip(x, (-1,))
