"""The layer ``layer_norm``: normalisation over the channels of each position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.layers._normalization import AFFINE_DOC, EPS_DOC
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "layer_norm")
@dataclass(frozen=True)
class LayerNorm(Layer):
    """Each position of each row is normalised over its channels, as in Keras."""

    keeps_mask: ClassVar[bool] = True
    eps: float = number(1e-3, EPS_DOC, low=0)
    affine: bool = flag(True, AFFINE_DOC)

    def count(self, shape: Shape) -> tuple[int, int]:
        return 2 * shape[0] * self.affine, 0

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.layer_norm_module import LayerNorm

        return LayerNorm(shape[0], self.eps, self.affine)
