"""The module of ``layer_norm``."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LayerNorm(nn.Module):
    """Normalises the channels of each position, as Keras does; PyTorch's own would take the positions too."""

    def __init__(self, channels: int, eps: float, affine: bool):
        super().__init__()
        self.eps = eps
        self.size = (channels,)
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 2:
            return F.layer_norm(x, self.size, self.weight, self.bias, self.eps)
        return F.layer_norm(x.movedim(1, -1), self.size, self.weight, self.bias, self.eps).movedim(-1, 1)
