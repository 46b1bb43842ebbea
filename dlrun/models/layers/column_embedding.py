"""The layer ``column_embedding``: a vector for each column of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import integer
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "column_embedding")
@dataclass(frozen=True)
class ColumnEmbedding(Layer):
    """Each number x of (columns,) becomes `dim` values, side by side: w x + b and a piecewise linear function of x.

    The pieces lie between quantiles of the training rows (`model=tabular` finds them; until then there is one, from -1
    to 1): the function is a weight for each piece times how far x is through it, and begins as 0.  Gorishniy and others
    (2022), On Embeddings for Numerical Features in Tabular Deep Learning; as TabM (2025) uses it.
    """

    init: ClassVar[str] = "glorot_uniform"  # each parameter says its own rule
    bias_init: ClassVar[str] = "zeros"
    main: ClassVar[str] = "dim"
    dim: int = integer(8, "values that a column becomes", low=1)
    bins: int = integer(16, "pieces of its piecewise linear function", low=1)

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("column_embedding expects the columns of a table (columns,)")
        return (shape[0] * self.dim,)

    def count(self, shape: Shape) -> tuple[int, int]:
        return shape[0] * self.dim * (2 + self.bins), shape[0] * (self.bins + 1)

    def text(self) -> str:
        return f"{self.dim} values a column, {self.bins} pieces"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.column_embedding_module import ColumnEmbedding

        return ColumnEmbedding(shape[0], self.dim, self.bins)
