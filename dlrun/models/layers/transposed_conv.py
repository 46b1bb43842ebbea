"""The layer ``transposed_conv``: it enlarges images."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, integer, integers
from dlrun.models.layer import Module, Parts, Rng, Weighted, image
from dlrun.models.shapes import Shape, by, per_axis, transposed
from dlrun.registry import register


@register("layer", "transposed_conv")
@dataclass(frozen=True)
class TransposedConv(Weighted):
    """The transpose of a convolution, which enlarges images: same gives input * stride."""

    main: ClassVar[str] = "filters"
    sides: ClassVar[tuple[str, ...]] = ("kernel", "stride")
    filters: int = integer(MISSING, "number of filters, the output's channels", low=1)
    kernel: tuple[int, ...] = integers((3,), "kernel's side, or (height, width)", low=1, scalar=True)
    stride: tuple[int, ...] = integers((1,), "how many times larger the output is", low=1, scalar=True)
    padding: str = choice("valid", ("valid", "same"), "same: input * stride outputs; valid: the whole of the edges too")

    def output(self, shape: Shape) -> Shape:
        sizes = zip(image(shape, self.kind), per_axis(self.kernel, 2), per_axis(self.stride, 2))
        return (self.filters, *(transposed(size, side, step, self.padding)[0] for size, side, step in sizes))

    def count(self, shape: Shape) -> tuple[int, int]:
        return (prod(per_axis(self.kernel, 2)) * shape[0] + self.bias) * self.filters, 0

    def measure(self) -> str:
        stride = "" if set(self.stride) == {1} else f", stride {by(self.stride)}"
        return (f"{self.filters} filters {by(per_axis(self.kernel, 2))}{stride}"
                + ("" if self.padding == "valid" else ", padding same"))

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.transposed_conv_module import TransposedConv

        return TransposedConv(self, shape, self.filters, per_axis(self.kernel, 2), per_axis(self.stride, 2),
                              self.padding)
