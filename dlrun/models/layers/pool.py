"""The layer ``pool``: the largest value, or the mean, of windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import choice, integers
from dlrun.models.layer import Layer, Module, Parts, Rng, positions
from dlrun.models.shapes import Shape, by, per_axis, windows
from dlrun.registry import register


@register("layer", "pool")
@dataclass(frozen=True)
class Pool(Layer):
    """The largest value, or the mean, of each window of each channel; padding never counts as a value."""

    main: ClassVar[str] = "size"
    packs: ClassVar[bool] = True
    sides: ClassVar[tuple[str, ...]] = ("size", "stride")
    size: tuple[int, ...] = integers((2,), "window's side, or (height, width)", low=1, scalar=True)
    stride: tuple[int, ...] | None = integers(None, "step between windows; null: the size", low=1, scalar=True)
    padding: str = choice("valid", ("valid", "same"), "valid drops an odd edge, same keeps it")
    take: str = choice("max", ("max", "average"), "what is taken of a window")

    @property
    def step(self) -> tuple[int, ...]:
        """The step between windows: the size where none is given."""
        return self.stride or self.size

    def wrong(self) -> Iterator[tuple[str, str]]:
        if any(len(sides) > 2 for sides in (self.size, self.step)):
            yield "size", "expected one integer or two (height, width)"

    def output(self, shape: Shape) -> Shape:
        sizes = positions(shape, self.kind)
        if max(len(self.size), len(self.step)) > len(sizes):
            raise ValueError("a sequence has one axis: size and stride are one integer")
        rank = len(sizes)
        return (shape[0], *windows(sizes, per_axis(self.size, rank), per_axis(self.step, rank), (1,) * rank,
                                   self.padding))

    def text(self) -> str:
        stride = f", stride {by(self.stride)}" if self.stride and self.stride != self.size else ""
        return f"{self.take} of {by(per_axis(self.size, 2))}{stride}" + ("" if self.padding == "valid" else ", same")

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.pool_module import Pool

        rank = len(shape) - 1
        return Pool(shape, per_axis(self.size, rank), per_axis(self.step, rank), self.padding, self.take)
