"""Layers of sequences (features, length) that keep, turn or repeat positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integer
from dlrun.models.vocabulary.base import Layer, Weighted
from dlrun.models.vocabulary.geometry import Shape


@dataclass(frozen=True)
class TimeDistributed(Weighted):
    """One dense layer at every position: (features, length) becomes (units, length).  Keras's TimeDistributed(Dense).

    Its softmax is over the units.
    """

    kind: ClassVar[str] = "time_distributed"
    main: ClassVar[str] = "units"
    units: int | str = integer(MISSING, "outputs of each position; out: as many as the task needs", low=1,
                               words=("out",))

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError("time_distributed wants sequences (features, length); use dense")
        return (int(self.units), shape[1])

    def count(self, shape: Shape) -> tuple[int, int]:
        return (shape[0] + self.bias) * int(self.units), 0

    def measure(self) -> str:
        return f"{self.units} units at each position"


@dataclass(frozen=True)
class Repeat(Layer):
    """The same vector at each of `times` positions: (features,) becomes (features, times).  Keras's RepeatVector."""

    kind: ClassVar[str] = "repeat"
    main: ClassVar[str] = "times"
    times: int = integer(MISSING, "positions", low=1)

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("repeat wants a vector (features,); a recurrent layer without return_sequences gives one")
        return (shape[0], self.times)

    def text(self) -> str:
        return f"{self.times} times"


@dataclass(frozen=True)
class Reverse(Layer):
    """Positions from the last to the first; tokens (length,) or sequences (features, length)."""

    kind: ClassVar[str] = "reverse"

    def output(self, shape: Shape) -> Shape:
        if len(shape) > 2:
            raise ValueError("reverse wants tokens (length,) or sequences (features, length)")
        return shape
