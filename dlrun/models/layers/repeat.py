"""The layer ``repeat``: one vector at several positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integer
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "repeat")
@dataclass(frozen=True)
class Repeat(Layer):
    """The same vector at each of `times` positions: (features,) becomes (features, times).  Keras's RepeatVector."""

    main: ClassVar[str] = "times"
    moves_values: ClassVar[bool] = True
    times: int = integer(MISSING, "positions", low=1)

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError("repeat expects a vector (features,); a recurrent layer without return_sequences "
                             "gives one")
        return (shape[0], self.times)

    def text(self) -> str:
        return f"{self.times} times"

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.repeat_module import Repeat

        return Repeat(self.times)
