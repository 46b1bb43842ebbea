"""The module of ``residual``."""

from __future__ import annotations

from torch import Tensor, nn

from dlrun.models.functions import FUNCTIONS
from dlrun.models.layer import Parts


class Residual(nn.Module):
    """activation(layers(x) + shortcut(x)); an empty shortcut is the identity."""

    def __init__(self, parts: Parts, activation: str):
        super().__init__()
        self.layers, self.shortcut = parts["layers"], parts["shortcut"]
        self.function = FUNCTIONS.get(activation)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers(x) + self.shortcut(x)
        return x if self.function is None else self.function(x)
