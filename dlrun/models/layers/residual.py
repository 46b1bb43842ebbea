"""The layer ``residual``: a list of layers with a shortcut around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, flag, layers
from dlrun.models.choices import ACTIVATIONS, INITS
from dlrun.models.layer import Layer, Module, Part, Parts, Rng, through
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.conv1d import Conv1d
from dlrun.models.layers.dense import Dense
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "residual")
@dataclass(frozen=True)
class Residual(Layer):
    """The layers' output plus their input: activation(f(x) + shortcut(x)).

    The shortcut is the identity, or, where the shapes differ, a dense layer or a strided 1 x 1 convolution, with
    `shortcut_norm` without a bias and with batch norm behind it, as in ResNet.
    """

    main: ClassVar[str] = "layers"
    layers: tuple[Layer, ...] = layers(MISSING, "the layers that the shortcut goes around")
    shortcut: str = choice("auto", ("auto", "identity", "projection"), "auto projects only where the shapes differ")
    shortcut_norm: bool = flag(False, "batch norm behind a projecting convolution, which then has no bias")
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
        if len(shape) == len(goal) in (2, 3):
            stride = tuple(-(-size // length) for size, length in zip(shape[1:], goal[1:]))
            kind = Conv if len(shape) == 3 else Conv1d
            projection = kind(goal[0], (1,), stride, init=self.init, bias=not self.shortcut_norm)
            if projection.output(shape) == goal:
                return (projection, *self._norm())
        raise ValueError(f"no strided 1 x 1 convolution turns {shape} into {goal}; padding: same inside the layers")

    def _norm(self) -> tuple[Layer, ...]:
        """Batch norm like the one inside, where that is asked for."""
        if not self.shortcut_norm:
            return ()
        from dlrun.models.layers.batch_norm import BatchNorm

        inside = [layer for layer in self.layers if isinstance(layer, BatchNorm)]
        return (inside[-1] if inside else BatchNorm(),)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.residual_module import Residual

        return Residual(parts, self.activation)

    def text(self) -> str:
        return "" if self.activation == "linear" else self.activation
