"""The layer ``k_sparse``: all but the largest values of a row silenced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integer
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "k_sparse")
@dataclass(frozen=True)
class KSparse(Layer):
    """Of each row the `keep` largest values stay, the others are 0, in training and afterwards.

    The k-sparse autoencoder's latent code (Makhzani and Frey, 2014; Buduma & Locascio, ch. 6).
    """

    main: ClassVar[str] = "keep"
    keep: int = integer(MISSING, "values that stay", low=1)

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("k_sparse expects a flat input; put  - flatten  before it")
        if self.keep > shape[0]:
            raise ValueError(f"keep {self.keep} is more than its input's {shape[0]} values")
        return shape

    def text(self) -> str:
        return f"keeps {self.keep}"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.k_sparse_module import KSparse

        return KSparse(self.keep)
