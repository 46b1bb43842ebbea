"""The layer ``instance_norm``: normalisation of each channel over its positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.models.layer import Module, Parts, Rng
from dlrun.models.layers.layer_norm import LayerNorm
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "instance_norm")
@dataclass(frozen=True)
class InstanceNorm(LayerNorm):
    """Each channel of each row is normalised over its positions."""

    keeps_mask: ClassVar[bool] = False

    def output(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ValueError("instance_norm expects images or sequences; use layer_norm")
        return shape

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.instance_norm_module import InstanceNorm

        return InstanceNorm(shape[0], self.eps, self.affine)
