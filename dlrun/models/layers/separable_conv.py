"""The layer ``separable_conv``: a depthwise and a pointwise convolution."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from dlrun.models.layer import Module, Parts, Rng, image
from dlrun.models.layers._convolution import Convolution
from dlrun.models.shapes import Shape, per_axis
from dlrun.registry import register


@register("layer", "separable_conv")
@dataclass(frozen=True)
class SeparableConv(Convolution):
    """One filter for each channel, then a 1 x 1 convolution; images or sequences."""

    def axes(self, shape: Shape) -> Shape:
        return shape[1:] if len(shape) == 2 and len(self.kernel) == 1 else image(shape, self.kind)

    def count(self, shape: Shape) -> tuple[int, int]:
        return prod(per_axis(self.kernel, len(shape) - 1)) * shape[0] + (shape[0] + self.bias) * self.filters, 0

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.separable_conv_module import SeparableConv

        return SeparableConv(self, shape)
