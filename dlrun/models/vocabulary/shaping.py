"""Layers that only rename axes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integers
from dlrun.models.vocabulary.base import Layer
from dlrun.models.vocabulary.geometry import Shape, by


@dataclass(frozen=True)
class Flatten(Layer):
    """All values on one axis, channel by channel."""

    kind: ClassVar[str] = "flatten"

    def output(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class Reshape(Layer):
    """The same values under another shape, channels first: Keras's (7, 7, 128) is [128, 7, 7]."""

    kind: ClassVar[str] = "reshape"
    main: ClassVar[str] = "shape"
    shape: tuple[int, ...] = integers(MISSING, "the new shape, channels first", low=1, scalar=True)

    def output(self, shape: Shape) -> Shape:
        if prod(self.shape) != prod(shape):
            raise ValueError(f"shape {by(self.shape)} has {prod(self.shape)} values, its input {prod(shape)}")
        return self.shape

    def text(self) -> str:
        return ""
