"""The module of ``reshape``."""

from __future__ import annotations

from torch import Tensor, nn


class Reshape(nn.Module):
    """(rows, ...) to (rows, *shape)."""

    def __init__(self, shape: tuple[int, ...]):
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, *self.shape)

    def extra_repr(self) -> str:
        return f"{self.shape}"
