"""The module of ``prelu``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Prelu(nn.Module):
    """relu(x) - slope * relu(-x); `slope` broadcasts against one row."""

    def __init__(self, shape: tuple[int, ...], slope: float):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, slope))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x) - self.weight * F.relu(-x)
