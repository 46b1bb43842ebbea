"""The layer ``reverse``: positions from the last to the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.models.layer import Layer, Mask, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "reverse")
@dataclass(frozen=True)
class Reverse(Layer):
    """Positions from the last to the first; tokens (length,) or sequences (features, length)."""

    moves_values: ClassVar[bool] = True

    def output(self, shape: Shape) -> Shape:
        if len(shape) > 2:
            raise ValueError("reverse expects tokens (length,) or sequences (features, length)")
        return shape

    def mask(self, module: Any, mask: Mask | None) -> Mask | None:
        return None if mask is None else mask._replace(reversed=not mask.reversed)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.reverse_module import Reverse

        return Reverse()
