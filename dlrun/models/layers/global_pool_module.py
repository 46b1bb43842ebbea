"""The module of ``global_pool``."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class GlobalPool(nn.Module):
    """(rows, channels, ...) to (rows, channels)."""

    def __init__(self, rank: int, take: str):
        super().__init__()
        self.axes = tuple(range(2, rank + 2))
        self.take = take

    def forward(self, x: Tensor) -> Tensor:
        if self.take == "last":
            return x.flatten(2)[:, :, -1]
        if self.take == "max":
            return torch.amax(x, self.axes)
        return torch.sum(x, self.axes) if self.take == "sum" else torch.mean(x, self.axes)
