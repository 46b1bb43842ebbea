"""The module of the activation layers."""

from __future__ import annotations

from torch import Tensor, nn

from dlrun.models.functions import Function


class Activation(nn.Module):
    """A function of each value as a layer; `text` is what its repr shows."""

    def __init__(self, function: Function, text: str):
        super().__init__()
        self.function = function
        self.text = text

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)

    def extra_repr(self) -> str:
        return self.text
