"""Layers that hold lists of layers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.models import ACTIVATIONS, INITS
from dlrun.config.schema.fields import MISSING, choice, layers
from dlrun.models.vocabulary.base import Layer, Part
from dlrun.models.vocabulary.convolution import Conv
from dlrun.models.vocabulary.dense import Dense
from dlrun.models.vocabulary.geometry import Shape


def through(inner: tuple[Layer, ...], shape: Shape) -> Shape:
    """The shape after a list of layers."""
    for layer in inner:
        shape = layer.output(shape)
    return shape


@dataclass(frozen=True)
class Residual(Layer):
    """The layers' output plus their input: activation(f(x) + shortcut(x)).

    The shortcut is the identity, or, where the shapes differ, a dense layer or a strided 1 x 1 convolution.
    """

    kind: ClassVar[str] = "residual"
    main: ClassVar[str] = "layers"
    layers: tuple[Layer, ...] = layers(MISSING, "the layers that the shortcut goes around")
    shortcut: str = choice("auto", ("auto", "identity", "projection"), "auto projects only where the shapes differ")
    activation: str = choice("linear", ACTIVATIONS, "applied to the sum")
    init: str | None = choice(None, INITS, "initial weights of the projection; null: the model's")

    def output(self, shape: Shape) -> Shape:
        return through(self.layers, shape)

    def parts(self, shape: Shape) -> Iterator[Part]:
        yield "layers", self.layers  # first, so that a mistake inside is told before the shortcut's
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

    def text(self) -> str:
        return "" if self.activation == "linear" else self.activation


@dataclass(frozen=True)
class Parallel(Layer):
    """Several lists of layers on the same input, merged; an empty list passes its input on."""

    kind: ClassVar[str] = "parallel"
    main: ClassVar[str] = "branches"
    branches: tuple[tuple[Layer, ...], ...] = layers(MISSING, "a list of lists of layers")
    merge: str = choice("concat", ("concat", "add", "multiply", "average", "max"), "concat joins channels")

    def output(self, shape: Shape) -> Shape:
        ends = [through(branch, shape) for branch in self.branches]
        joined = [end[1:] for end in ends] if self.merge == "concat" else ends
        if len(set(joined)) > 1 or len(set(map(len, ends))) > 1:
            raise ValueError(f"the branches end with {', '.join(map(str, ends))}: {self.merge} cannot merge them")
        return (sum(end[0] for end in ends), *joined[0]) if self.merge == "concat" else joined[0]

    def parts(self, shape: Shape) -> Iterator[Part]:
        for number, branch in enumerate(self.branches, 1):
            yield f"branch_{number}", branch

    def text(self) -> str:
        return self.merge
