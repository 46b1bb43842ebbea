"""What every network that was trained before can say of itself without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from dlrun.models.shapes import Shape

if TYPE_CHECKING:
    from torch import nn

    from dlrun.models.step_rng import StepRng

Module: TypeAlias = "nn.Module"  # texts, so that the annotations of `build` need no torch
Rng: TypeAlias = "StepRng"


class Pictures(NamedTuple):
    """What a base was trained on: pictures size x size, of which it gets (pixel - mean) / deviation by channel.

    A pixel lies in [0, 1]; three channels are red, green and blue.
    """

    size: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @property
    def channels(self) -> int:
        """How many there are."""
        return len(self.mean)


@dataclass(frozen=True)
class Base:
    """A network up to its features: what it expects of a picture, what it makes of it, where its weights are."""

    kind: ClassVar[str]

    @property
    def name(self) -> str:
        """How it is chosen."""
        return self.kind

    def pictures(self) -> Pictures:
        """The pictures that it was trained on."""
        raise NotImplementedError

    @property
    def weights_path(self) -> Path:
        """The file of its weights, where it is a run."""
        raise NotImplementedError

    def blocks(self) -> tuple[str, ...]:
        """The names of its parts, from the input on: the children of its module."""
        raise NotImplementedError

    def output(self, side: int) -> Shape:
        """The shape of its features of pictures of this side: (channels, height, width), or (values,) where it has
        pooled them.  ValueError for pictures that are too small.
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

    def build(self, side: int, rng: Rng) -> Module:
        """Its module, with initial weights; its children are `blocks`."""
        raise NotImplementedError

    def weights(self) -> Mapping[str, Any]:
        """Its published weights, by the names that `build`'s module has."""
        raise NotImplementedError

    def classes(self) -> tuple[str, ...]:
        """The classes that it was trained to tell apart, in the order of `classifier`'s scores; () where none are
        published.
        """
        return ()

    def classifier(self) -> Module:
        """From its features to scores of `classes` (rows, classes), with its published weights."""
        raise NotImplementedError

    def renamed(self, weights: Mapping[str, Any]) -> Mapping[str, Any]:
        """Weights of a file by the names that `build`'s module has; those of its classes are left out."""
        return weights
