"""The layer ``spatial_dropout``: whole channels silenced at random while training."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.models.layer import Module, Parts, Rng
from dlrun.models.layers.dropout import Dropout
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "spatial_dropout")
@dataclass(frozen=True)
class SpatialDropout(Dropout):
    """Whole channels of images or sequences are dropped."""

    def output(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ValueError("spatial_dropout expects images or sequences; use dropout")
        return shape

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module | None:
        from dlrun.models.layers.spatial_dropout_module import SpatialDropout

        return SpatialDropout(self.rate, rng) if self.rate else None
