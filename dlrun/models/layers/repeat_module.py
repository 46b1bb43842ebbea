"""The module of ``repeat``."""

from __future__ import annotations

from torch import Tensor, nn


class Repeat(nn.Module):
    """(rows, features) to (rows, features, times)."""

    def __init__(self, times: int):
        super().__init__()
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(2).expand(-1, -1, self.times)

    def extra_repr(self) -> str:
        return f"{self.times} times"
