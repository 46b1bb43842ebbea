"""The layer ``elu``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "elu")
@dataclass(frozen=True)
class Elu(Layer):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    main: ClassVar[str] = "alpha"
    is_activation: ClassVar[bool] = True
    keeps_mask: ClassVar[bool] = True
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    alpha: float = number(1.0, "how far it goes below 0", low=0)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        import torch.nn.functional as F

        from dlrun.models.layers.activation_module import Activation

        return Activation(partial(F.elu, alpha=self.alpha), self.text())

    def text(self) -> str:
        return f"alpha {self.alpha:g}"
