"""What every network that was trained before can say of itself without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from dlrun.models.shapes import Shape

if TYPE_CHECKING:
    from torch import nn

Module: TypeAlias = "nn.Module"  # a text, so that the annotation of `build` needs no torch


@dataclass(frozen=True)
class Base:
    """A network up to its features: what it expects of a picture, what it makes of it, where its weights are.

    A pixel, in [0, 1], is given to it as (pixel - mean) / deviation, by channel; channels are red, green and blue.
    """

    kind: ClassVar[str]
    size: ClassVar[int]  # side of the pictures that it was trained on
    channels: ClassVar[int] = 3
    mean: ClassVar[tuple[float, ...]]
    deviation: ClassVar[tuple[float, ...]]
    blocks: ClassVar[tuple[str, ...]]  # from the input on: the children of its module

    def output(self, side: int) -> Shape:
        """The shape of its features (channels, height, width) of pictures of this side; ValueError for too small ones.
        """
        raise NotImplementedError

    def count(self) -> tuple[int, int]:
        """Its parameters, and the values of its batch norms' moving statistics."""
        raise NotImplementedError

    def work(self, side: int) -> int:
        """Multiply-adds for a picture of this side, about."""
        return self.count()[0] * max(1, side // 8)

    def missing(self) -> str:
        """Why its published weights are not to be had here, and what to do; empty where they are."""
        return ""

    def build(self) -> Module:
        """Its module, with torch's own initial weights; its children are `blocks`."""
        raise NotImplementedError

    def weights(self) -> Mapping[str, Any]:
        """Its published weights, by the names that `build`'s module has."""
        raise NotImplementedError
