"""Fully connected layers and tables of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.fields import MISSING, choice, integer
from dlrun.config.models import INITS
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
    """A vector for each integer: (length,) integers below `vocabulary` become (dim, length)."""

    kind: ClassVar[str] = "embedding"
    vocabulary: int = integer(MISSING, "number of different integers", low=1)
    dim: int = integer(MISSING, "length of each vector", low=1)
    init: str = choice("uniform", tuple(init for init in INITS if init != "torch"), "initial vectors")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("embedding wants a sequence of integers (length,)")
        return (self.dim, shape[0])

    def count(self, shape: Shape) -> tuple[int, int]:
        return self.vocabulary * self.dim, 0

    def text(self) -> str:
        return f"{self.vocabulary} x {self.dim}"
