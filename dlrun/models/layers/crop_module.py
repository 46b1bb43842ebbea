"""The module of ``crop``."""

from __future__ import annotations

from torch import Tensor, nn

from dlrun.models.shapes import Shape


class Crop(nn.Module):
    """The middle of each axis; an odd rest is cut off behind."""

    def __init__(self, shape: Shape, sides: Shape):
        super().__init__()
        self.windows = tuple(((size - side) // 2, side) for size, side in zip(shape[1:], sides))

    def forward(self, x: Tensor) -> Tensor:
        for axis, (start, side) in enumerate(self.windows, 2):
            x = x.narrow(axis, start, side)
        return x

    def extra_repr(self) -> str:
        return " x ".join(str(side) for _, side in self.windows)
