"""The layer ``dropout``: values silenced at random while training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "dropout")
@dataclass(frozen=True)
class Dropout(Layer):
    """Each value is 0 with probability `rate`, and scaled by 1 / (1 - rate) otherwise."""

    main: ClassVar[str] = "rate"
    keeps_mask: ClassVar[bool] = True
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    rate: float = number(0.5, "share of values dropped", low=0, high=1, below=True)

    def text(self) -> str:
        return f"rate {self.rate:g}"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module | None:
        from dlrun.models.layers.dropout_module import Dropout

        return Dropout(self.rate, rng) if self.rate else None
