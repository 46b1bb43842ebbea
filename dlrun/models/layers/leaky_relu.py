"""The layer ``leaky_relu``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "leaky_relu")
@dataclass(frozen=True)
class LeakyRelu(Layer):
    """x where positive, slope * x elsewhere."""

    main: ClassVar[str] = "slope"
    is_activation: ClassVar[bool] = True
    keeps_mask: ClassVar[bool] = True
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    slope: float = number(0.3, "slope where x < 0", low=0)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        import torch.nn.functional as F

        from dlrun.models.layers.activation_module import Activation

        return Activation(partial(F.leaky_relu, negative_slope=self.slope), self.text())

    def text(self) -> str:
        return f"slope {self.slope:g}"
