"""Fully connected layers and tables of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.models import INITS
from dlrun.config.schema.fields import MISSING, choice, flag, integer, text
from dlrun.models.vocabulary.base import Layer, Weighted
from dlrun.models.vocabulary.geometry import Shape


@dataclass(frozen=True)
class Dense(Weighted):
    """Every output sees every input: activation(W x + b)."""

    kind: ClassVar[str] = "dense"
    main: ClassVar[str] = "units"
    units: int | str = integer(MISSING, "outputs; out: as many as the task needs", low=1, words=("out",))

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("dense wants a flat input; put  - flatten  before it")
        return (int(self.units),)

    def count(self, shape: Shape) -> tuple[int, int]:
        return (shape[0] + self.bias) * int(self.units), 0

    def measure(self) -> str:
        return f"{self.units} units"


@dataclass(frozen=True)
class Embedding(Layer):
    """A vector for each integer: (length,) integers below `vocabulary` become (dim, length).

    With `mask_zero` the recurrent layers after it skip the positions of id 0, as in Keras: states pass over them
    unchanged.  The mask ends at the first layer that mixes positions or has no length any more.
    """

    kind: ClassVar[str] = "embedding"
    main: ClassVar[str] = "dim"
    dim: int = integer(MISSING, "length of each vector", low=1)
    vocabulary: int | str = integer("data", "number of different integers; data: as many as the data set has", low=1,
                                    words=("data",))
    init: str = choice("uniform", tuple(init for init in INITS if init != "torch"), "initial vectors")
    mask_zero: bool = flag(False, "recurrent layers after it skip the positions of id 0, the padding")
    frozen: bool = flag(False, "whether the vectors stay as they begin")
    vectors: str | None = text(None, "file of GloVe or word2vec vectors (text, or .gz) to begin with")
    zero: bool = flag(False, "the vector of id 0, the padding, begins with zeros")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("embedding wants a sequence of integers (length,)")
        return (self.dim, shape[0])

    def count(self, shape: Shape) -> tuple[int, int]:
        count = int(self.vocabulary) * self.dim
        return (0, count) if self.frozen else (count, 0)

    def text(self) -> str:
        told = [f"{self.vocabulary} x {self.dim}"]
        told += [said for said, on in (("masks 0", self.mask_zero), ("0 is zeros", self.zero),
                                       ("frozen", self.frozen)) if on]
        return ", ".join([*told, *([f"from {self.vectors}"] if self.vectors else [])])
