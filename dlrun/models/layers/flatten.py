"""The layer ``flatten``: all values on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "flatten")
@dataclass(frozen=True)
class Flatten(Layer):
    """All values on one axis, channel by channel."""

    moves_values: ClassVar[bool] = True
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True

    def output(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module | None:
        from torch import nn

        return nn.Flatten() if len(shape) > 1 else None
