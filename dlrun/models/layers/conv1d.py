"""The layer ``conv1d``: convolution of sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import integer
from dlrun.models.layers._convolution import PADDING_DOC
from dlrun.models.layers.conv import Conv
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("layer", "conv1d")
@dataclass(frozen=True)
class Conv1d(Conv):
    """Convolution of sequences (channels, length); padding causal lets no output see later inputs."""

    rank: ClassVar[int] = 1
    padding: str | int = integer("valid", PADDING_DOC, low=0, words=("valid", "same", "causal"))

    def axes(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError("conv1d expects sequences (channels, length)")
        return shape[1:]
