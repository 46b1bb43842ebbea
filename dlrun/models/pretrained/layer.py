"""A base as a layer of a list: pictures in, features out."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.models.bases._base import Base
from dlrun.models.layer import Layer, Module, Parts, Rng
from dlrun.models.pretrained.freezing import Freezing
from dlrun.models.shapes import Shape

POOLS = ("avg", "max", "flatten")


@dataclass(frozen=True)
class PretrainedBase(Layer):
    """What stands before the base (size, scale, channels of pictures), the base, and what is taken of its features:
    one of POOLS, or "maps" for all of them as they are.

    Values of the input lie in [low, high].  Of what is frozen batch norm and dropout are in evaluation; `later` names
    what a phase of the run will train.  Without `published` weights it begins with random ones.
    """

    kind: ClassVar[str] = "base"
    draws_weights: ClassVar[bool] = True
    base: Base
    side: int
    pool: str
    freezing: Freezing = Freezing()
    later: tuple[str, ...] = ()
    published: bool = True
    low: float = 0.0
    high: float = 1.0

    def output(self, shape: Shape) -> Shape:
        channels = self.base.pictures().channels
        if len(shape) != 3 or shape[0] not in (1, channels):
            raise ValueError(f"{self.base.name} expects " + (
                "grey pictures" if channels == 1 else f"pictures of {channels} channels, or grey ones"))
        features = self.base.output(self.side)
        if self.pool == "maps":
            return features
        return (prod(features),) if self.pool == "flatten" else features[:1]

    def count(self, shape: Shape) -> tuple[int, int]:
        parameters, moving = self.base.count()
        trained_at_times = self.freezing.with_unfrozen(self.later)
        if trained_at_times.whole:
            return 0, parameters + moving
        if trained_at_times.freeze == ():
            return parameters, moving
        from dlrun.models.pretrained.frozen import trained_count

        trained = trained_count(self.base, trained_at_times)
        return trained, parameters - trained + moving

    def work(self, shape: Shape) -> int:
        return self.base.work(self.side)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.pretrained.module import PretrainedModule

        return PretrainedModule(self.base, self.side, self.pool, self.freezing, self.later, self.published,
                                (self.low, self.high), rng)

    def text(self) -> str:
        return f"{self.base.name} on {self.side} x {self.side}, {self.pool}, {self.freezing.text}"
