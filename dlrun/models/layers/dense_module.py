"""The module of ``dense``."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from dlrun.models.kernel import Activated, Kernel
from dlrun.models.layer import Weighted


class Dense(Activated, nn.Linear):
    """(rows, features) to (rows, units); `weight` is (units, features)."""

    def __init__(self, layer: Weighted, features: int, units: int):
        nn.Linear.__init__(self, features, units, layer.bias)
        self.kernels = {"weight": Kernel(features, units)}
        self.set_activation(layer)

    def reset_parameters(self) -> None:
        """Nothing: the builder draws the initial values, and PyTorch's global generator is left alone."""

    def _linear(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)
