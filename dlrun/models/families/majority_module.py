"""The module of ``majority``."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ConstantOutput(nn.Module):
    """The outputs `values` (width,) for each row, at each position where there are `length` of them."""

    values: Tensor

    def __init__(self, width: int, length: int = 0):
        super().__init__()
        self.length = length
        self.register_buffer("values", torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        if self.length:
            return self.values[:, None].expand(len(x), -1, self.length)
        return self.values.expand(len(x), -1)
