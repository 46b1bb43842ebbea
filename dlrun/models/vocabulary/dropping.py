"""Layers that silence values at random while training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.models.vocabulary.base import Layer
from dlrun.models.vocabulary.geometry import Shape


@dataclass(frozen=True)
class Dropout(Layer):
    """Each value is 0 with probability `rate`, and scaled by 1 / (1 - rate) otherwise."""

    kind: ClassVar[str] = "dropout"
    main: ClassVar[str] = "rate"
    rate: float = number(0.5, "share of values dropped", low=0, high=1, below=True)

    def text(self) -> str:
        return f"rate {self.rate:g}"


@dataclass(frozen=True)
class SpatialDropout(Dropout):
    """Whole channels of images or sequences are dropped."""

    kind: ClassVar[str] = "spatial_dropout"

    def output(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ValueError("spatial_dropout wants images or sequences; use dropout")
        return shape
