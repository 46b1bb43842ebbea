"""The layer ``lstm``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import flag
from dlrun.models.layer import Module, Parts, Rng
from dlrun.models.recurrent.spec import LARGEST, Recurrent
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "lstm")
@dataclass(frozen=True)
class Lstm(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), with a forget gate and without peepholes."""

    gates: ClassVar[int] = 4
    states: ClassVar[tuple[str, ...]] = ("h", "c")
    unit_forget_bias: bool = flag(True, "whether the forget gate's biases start at 1")

    @property
    def scans(self) -> bool:  # type: ignore[override]
        """Whether its loop over time may be compiled: that of Keras's cell, while its products are small."""
        return not self.fast and self.units <= LARGEST

    @property
    def bias_rule(self) -> str:
        return "unit_forget" if self.unit_forget_bias else "zeros"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.recurrent.module import Recurrent as Loop

        return Loop(self, shape, rng)
