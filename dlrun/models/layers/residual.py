"""The layer ``residual``: a list of layers with a shortcut around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, layers
from dlrun.models.choices import ACTIVATIONS, INITS
from dlrun.models.layer import Layer, Module, Part, Parts, Rng, through
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "residual")
@dataclass(frozen=True)
class Residual(Layer):
    """The layers' output plus their input: activation(f(x) + shortcut(x)).

    The shortcut is the identity, or, where the shapes differ, a dense layer or a strided 1 x 1 convolution.
    """

    main: ClassVar[str] = "layers"
    layers: tuple[Layer, ...] = layers(MISSING, "the layers that the shortcut goes around")
    shortcut: str = choice("auto", ("auto", "identity", "projection"), "auto projects only where the shapes differ")
    activation: str = choice("linear", ACTIVATIONS, "applied to the sum")
    init: str | None = choice(None, INITS, "initial weights of the projection; null: the model's")

    def output(self, shape: Shape) -> Shape:
        return through(self.layers, shape)

    def parts(self, shape: Shape) -> Iterator[Part]:
        yield "layers", self.layers  # first, so that a mistake inside is reported before the shortcut's
        yield "shortcut", self._shortcut(shape)

    def _shortcut(self, shape: Shape) -> tuple[Layer, ...]:
        goal = self.output(shape)
        if self.shortcut == "identity" and goal != shape:
            raise ValueError(f"the layers turn {shape} into {goal}, which cannot be added; shortcut: projection")
        if self.shortcut == "identity" or (self.shortcut == "auto" and goal == shape):
            return ()
        if len(shape) == len(goal) == 1:
            return (Dense(goal[0], init=self.init),)
        if len(shape) == len(goal) == 3:
            stride = tuple(-(-size // length) for size, length in zip(shape[1:], goal[1:]))
            projection = Conv(goal[0], (1,), stride, init=self.init)
            if projection.output(shape) == goal:
                return (projection,)
        raise ValueError(f"no strided 1 x 1 convolution turns {shape} into {goal}; padding: same inside the layers")

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.residual_module import Residual

        return Residual(parts, self.activation)

    def text(self) -> str:
        return "" if self.activation == "linear" else self.activation
