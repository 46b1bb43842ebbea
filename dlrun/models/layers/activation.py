"""The layer ``activation``: a function of each value, as a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice
from dlrun.models.choices import ACTIVATIONS
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "activation")
@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value; softmax is over the channels.  ``- relu`` is short for ``- activation: relu``."""

    main: ClassVar[str] = "function"
    keeps_mask: ClassVar[bool] = True
    packs: ClassVar[bool] = True
    compiles: ClassVar[bool] = True
    function: str = choice(MISSING, ACTIVATIONS, "the function")

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module | None:
        from dlrun.models.functions import FUNCTIONS
        from dlrun.models.layers.activation_module import Activation

        function = FUNCTIONS.get(self.function)
        return None if function is None else Activation(function, self.text())

    def text(self) -> str:
        return self.function
