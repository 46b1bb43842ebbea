"""The module of ``instance_norm``."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from dlrun.models.layers.layer_norm_module import LayerNorm


class InstanceNorm(LayerNorm):
    """Normalises each channel of each row over its positions."""

    def forward(self, x: Tensor) -> Tensor:
        return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
