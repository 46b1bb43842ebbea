"""The layer ``dense``: fully connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integer
from dlrun.models.layer import Module, Parts, Rng, Weighted
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "dense")
@dataclass(frozen=True)
class Dense(Weighted):
    """Every output sees every input: activation(W x + b)."""

    main: ClassVar[str] = "units"
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    units: int | str = integer(MISSING, "outputs; out: as many as the task needs", low=1, words=("out",))

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("dense expects a flat input; put  - flatten  before it")
        return (int(self.units),)

    def count(self, shape: Shape) -> tuple[int, int]:
        return (shape[0] + self.bias) * int(self.units), 0

    def measure(self) -> str:
        return f"{self.units} units"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.dense_module import Dense

        return Dense(self, shape[0], int(self.units))
