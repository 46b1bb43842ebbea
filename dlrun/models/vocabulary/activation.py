"""Activations as layers of their own.  As a field of another layer an activation has its default parameter."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.models import ACTIVATIONS
from dlrun.config.schema.fields import MISSING, choice, flag, number
from dlrun.models.vocabulary.base import Layer
from dlrun.models.vocabulary.geometry import Shape


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value; softmax is over the channels.  ``- relu`` is short for ``- activation: relu``."""

    kind: ClassVar[str] = "activation"
    main: ClassVar[str] = "function"
    function: str = choice(MISSING, ACTIVATIONS, "the function")

    def text(self) -> str:
        return self.function


@dataclass(frozen=True)
class LeakyRelu(Layer):
    """x where positive, slope * x elsewhere."""

    kind: ClassVar[str] = "leaky_relu"
    main: ClassVar[str] = "slope"
    slope: float = number(0.3, "slope where x < 0", low=0)

    def text(self) -> str:
        return f"slope {self.slope:g}"


@dataclass(frozen=True)
class Elu(Layer):
    """x where positive, alpha * (exp(x) - 1) elsewhere."""

    kind: ClassVar[str] = "elu"
    main: ClassVar[str] = "alpha"
    alpha: float = number(1.0, "how far it goes below 0", low=0)

    def text(self) -> str:
        return f"alpha {self.alpha:g}"


@dataclass(frozen=True)
class Prelu(Layer):
    """A leaky relu with learned slopes: one for each value, as in Keras, or one for each channel, as in PyTorch."""

    kind: ClassVar[str] = "prelu"
    slope: float = number(0.0, "initial slope (PyTorch's is 0.25)")
    shared: bool = flag(False, "whether a channel shares one slope")

    def count(self, shape: Shape) -> tuple[int, int]:
        return shape[0] if self.shared else prod(shape), 0
