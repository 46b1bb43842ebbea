"""The module of ``time_distributed``."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from dlrun.models.layers.dense_module import Dense


class TimeDistributed(Dense):
    """(rows, features, length) to (rows, units, length)."""

    def _linear(self, x: Tensor) -> Tensor:
        return F.linear(x.transpose(1, 2), self.weight, self.bias).transpose(1, 2)
