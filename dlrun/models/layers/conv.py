"""The layer ``conv``: convolution of images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.schema.fields import integer
from dlrun.models.layer import Module, Parts, Rng
from dlrun.models.layers._convolution import Convolution
from dlrun.models.shapes import Shape, per_axis
from dlrun.registry import register


@register("layer", "conv")
@dataclass(frozen=True)
class Conv(Convolution):
    """Convolution of images."""

    packs: ClassVar[bool] = True
    groups: int = integer(1, "the channels are split into so many groups, each with filters of its own", low=1)

    def output(self, shape: Shape) -> Shape:
        self.axes(shape)
        if shape[0] % self.groups:
            raise ValueError(f"groups {self.groups} must divide the input's {shape[0]} channels")
        return super().output(shape)

    def count(self, shape: Shape) -> tuple[int, int]:
        taps = prod(per_axis(self.kernel, len(shape) - 1))
        return (taps * shape[0] // self.groups + self.bias) * self.filters, 0

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
        if self.filters % self.groups:
            yield "groups", f"expected a divisor of filters ({self.filters})"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.conv_module import Conv

        return Conv(self, shape, self.groups)
