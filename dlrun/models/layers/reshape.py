"""The layer ``reshape``: the same values under another shape."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integers
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape, by
from dlrun.registry import register


@register("layer", "reshape")
@dataclass(frozen=True)
class Reshape(Layer):
    """The same values under another shape, channels first: Keras's (7, 7, 128) is [128, 7, 7]."""

    main: ClassVar[str] = "shape"
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    moves_values: ClassVar[bool] = True
    shape: tuple[int, ...] = integers(MISSING, "the new shape, channels first", low=1, scalar=True)

    def output(self, shape: Shape) -> Shape:
        if prod(self.shape) != prod(shape):
            raise ValueError(f"shape {by(self.shape)} has {prod(self.shape)} values, its input {prod(shape)}")
        return self.shape

    def text(self) -> str:
        return ""

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.reshape_module import Reshape

        return Reshape(self.shape)
