"""The layer ``time_distributed``: one dense layer at every position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integer
from dlrun.models.layer import Module, Parts, Rng, Weighted
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "time_distributed")
@dataclass(frozen=True)
class TimeDistributed(Weighted):
    """One dense layer at every position: (features, length) becomes (units, length).  Keras's TimeDistributed(Dense).

    Its softmax is over the units.
    """

    main: ClassVar[str] = "units"
    keeps_mask: ClassVar[bool] = True
    units: int | str = integer(MISSING, "outputs of each position; out: as many as the task needs", low=1,
                               words=("out",))

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError("time_distributed expects sequences (features, length); use dense")
        return (int(self.units), shape[1])

    def count(self, shape: Shape) -> tuple[int, int]:
        return (shape[0] + self.bias) * int(self.units), 0

    def measure(self) -> str:
        return f"{self.units} units at each position"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.time_distributed_module import TimeDistributed

        return TimeDistributed(self, shape[0], int(self.units))
