"""The layer ``global_pool``: one value for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import choice
from dlrun.models.layer import Layer, Module, Parts, Rng, positions
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "global_pool")
@dataclass(frozen=True)
class GlobalPool(Layer):
    """One value for each channel: its largest, its mean, its sum, or the one at its last position."""

    main: ClassVar[str] = "take"
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    take: str = choice("average", ("average", "max", "sum", "last"), "what is taken of a channel")

    def output(self, shape: Shape) -> Shape:
        positions(shape, self.kind)
        return shape[:1]

    def text(self) -> str:
        return self.take

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.global_pool_module import GlobalPool

        return GlobalPool(len(shape) - 1, self.take)
