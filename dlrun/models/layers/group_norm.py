"""The layer ``group_norm``: normalisation over groups of channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag, integer, number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.layers._normalization import AFFINE_DOC, EPS_DOC
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "group_norm")
@dataclass(frozen=True)
class GroupNorm(Layer):
    """Each group of channels of each row is normalised over its channels and positions (Wu and He, 2018).

    It does not depend on the batch, in training and in evaluation alike.  One group is all channels of a row; as many
    groups as channels is instance norm.
    """

    main: ClassVar[str] = "groups"
    groups: int = integer(8, "groups that the channels are split into; a divisor of their number", low=1)
    eps: float = number(1e-3, EPS_DOC, low=0)
    affine: bool = flag(True, AFFINE_DOC)

    def output(self, shape: Shape) -> Shape:
        if shape[0] % self.groups:
            raise ValueError(f"groups {self.groups} must divide the input's {shape[0]} channels")
        return shape

    def count(self, shape: Shape) -> tuple[int, int]:
        return 2 * shape[0] * self.affine, 0

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from torch import nn

        return nn.GroupNorm(self.groups, shape[0], self.eps, self.affine)

    def text(self) -> str:
        return f"{self.groups} groups"
