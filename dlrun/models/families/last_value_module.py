"""The module of ``last_value``."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LastValue(nn.Module):
    """The last value of a column in windows (rows, features, length), on the scale of the target.

    A column's inputs are (value - offset) * factor, and so are the targets with an offset and factor of their own.
    """

    column: Tensor
    gain: Tensor
    shift: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("column", torch.zeros(1, dtype=torch.int64))
        self.register_buffer("gain", torch.ones(1))
        self.register_buffer("shift", torch.zeros(1))

    def set(self, column: int, inputs: tuple[float, float], target: tuple[float, float]) -> None:
        """Offset and factor of the column's inputs, and of the target."""
        self.column.fill_(column)
        self.gain.fill_(target[1] / inputs[1])
        self.shift.fill_((inputs[0] - target[0]) * target[1])

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, -1].index_select(1, self.column) * self.gain + self.shift
