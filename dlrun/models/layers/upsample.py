"""The layer ``upsample``: values repeated along the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import integers
from dlrun.models.layer import Layer, Module, Parts, Rng, positions
from dlrun.models.shapes import Shape, per_axis
from dlrun.registry import register


@register("layer", "upsample")
@dataclass(frozen=True)
class Upsample(Layer):
    """Every value is repeated `factor` times along each axis."""

    main: ClassVar[str] = "factor"
    sides: ClassVar[tuple[str, ...]] = ("factor",)
    factor: tuple[int, ...] = integers((2,), "repetitions, or one for each axis", low=1, scalar=True)

    def output(self, shape: Shape) -> Shape:
        sizes = positions(shape, self.kind)
        if len(self.factor) > len(sizes):
            raise ValueError("a sequence has one axis: factor is one integer")
        return (shape[0], *(size * factor for size, factor in zip(sizes, per_axis(self.factor, len(sizes)))))

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.upsample_module import Upsample

        return Upsample(per_axis(self.factor, len(shape) - 1))
