"""The module of the layer ``fuzz``."""

from torch import nn


class FuzzModule(nn.Module):
    def __init__(self, size, rng):
        super().__init__()
        self.size, self.rng = size, rng

    def forward(self, x):
        if not self.training:
            return x
        return x * (1 + self.size / 2**15 * self.rng.lanes_of(x.shape).to(x.dtype))
