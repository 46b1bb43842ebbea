"""The layer ``prelu``."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.schema.fields import flag, number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "prelu")
@dataclass(frozen=True)
class Prelu(Layer):
    """A leaky relu with learned slopes: one for each value, as in Keras, or one for each channel, as in PyTorch."""

    is_activation: ClassVar[bool] = True
    slope: float = number(0.0, "initial slope (PyTorch's is 0.25)")
    shared: bool = flag(False, "whether a channel shares one slope")

    def count(self, shape: Shape) -> tuple[int, int]:
        return shape[0] if self.shared else prod(shape), 0

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.prelu_module import Prelu

        return Prelu((shape[0], *(1 for _ in shape[1:])) if self.shared else shape, self.slope)
