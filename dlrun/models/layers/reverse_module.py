"""The module of ``reverse``."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Reverse(nn.Module):
    """The last axis from its end."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.flip(x, (-1,))
