"""The layer ``column_embedding``: a vector for each column of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import integer, integers
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

    Inputs of `words` are one column: 1 for one of its words, 0 for the others.  It becomes the vector of this word, and
    another vector where all are 0, for words that were not trained on.
    """

    init: ClassVar[str] = "glorot_uniform"  # each parameter says its own rule
    bias_init: ClassVar[str] = "zeros"
    main: ClassVar[str] = "dim"
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    dim: int = integer(8, "values that a column becomes", low=1)
    bins: int = integer(16, "pieces of its piecewise linear function", low=1)
    words: tuple[int, ...] = integers((), "columns of words: first input, number of inputs, of each in turn", low=0,
                                      empty=True)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The first input and the number of inputs of each column of words."""
        return list(zip(self.words[::2], self.words[1::2]))

    def _numbers(self, shape: Shape) -> int:
        return int(shape[0]) - sum(count for _, count in self.spans)

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("column_embedding expects the columns of a table (columns,)")
        ends = [0, *(place for start, count in self.spans for place in (start, start + count)), shape[0]]
        if len(self.words) % 2 or ends != sorted(ends) or 0 in self.words[1::2]:
            raise ValueError(f"expected pairs (first input, number of inputs) in their order, within {shape[0]} inputs")
        return ((self._numbers(shape) + len(self.spans)) * self.dim,)

    def count(self, shape: Shape) -> tuple[int, int]:
        numbers, vectors = self._numbers(shape), sum(count + 1 for _, count in self.spans)
        return numbers * self.dim * (2 + self.bins) + vectors * self.dim, numbers * (self.bins + 1)

    def text(self) -> str:
        words = f", {len(self.spans)} of words" if self.words else ""
        return f"{self.dim} values a column, {self.bins} pieces{words}"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.column_embedding_module import ColumnEmbedding

        return ColumnEmbedding(shape[0], self.dim, self.bins, self.spans)
