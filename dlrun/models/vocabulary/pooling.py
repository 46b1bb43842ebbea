"""Layers that make sequences and images smaller or larger without parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, integers
from dlrun.models.vocabulary.base import Layer
from dlrun.models.vocabulary.geometry import Shape, by, per_axis, windows


def spatial(shape: Shape, kind: str) -> Shape:
    """The axes after the channels; ValueError where there are none."""
    if len(shape) not in (2, 3):
        raise ValueError(f"{kind} wants images (channels, height, width) or sequences (channels, length)")
    return shape[1:]


@dataclass(frozen=True)
class Pool(Layer):
    """The largest value, or the mean, of each window of each channel; padding never counts as a value."""

    kind: ClassVar[str] = "pool"
    main: ClassVar[str] = "size"
    sides: ClassVar[tuple[str, ...]] = ("size", "stride")
    size: tuple[int, ...] = integers((2,), "window's side, or (height, width)", low=1, scalar=True)
    stride: tuple[int, ...] | None = integers(None, "step between windows; null: the size", low=1, scalar=True)
    padding: str = choice("valid", ("valid", "same"), "valid drops an odd edge, same keeps it")
    take: str = choice("max", ("max", "average"), "what is taken of a window")

    @property
    def step(self) -> tuple[int, ...]:
        return self.stride or self.size

    def wrong(self) -> Iterator[tuple[str, str]]:
        if any(len(sides) > 2 for sides in (self.size, self.step)):
            yield "size", "one integer or two (height, width)"

    def output(self, shape: Shape) -> Shape:
        sizes = spatial(shape, self.kind)
        if max(len(self.size), len(self.step)) > len(sizes):
            raise ValueError("a sequence has one axis: size and stride are one integer")
        rank = len(sizes)
        return (shape[0], *windows(sizes, per_axis(self.size, rank), per_axis(self.step, rank), (1,) * rank,
                                   self.padding))

    def text(self) -> str:
        stride = f", stride {by(self.stride)}" if self.stride and self.stride != self.size else ""
        return f"{self.take} of {by(per_axis(self.size, 2))}{stride}" + ("" if self.padding == "valid" else ", same")


@dataclass(frozen=True)
class GlobalPool(Layer):
    """One value for each channel: its largest, its mean or its sum."""

    kind: ClassVar[str] = "global_pool"
    main: ClassVar[str] = "take"
    take: str = choice("average", ("average", "max", "sum"), "what is taken of a channel")

    def output(self, shape: Shape) -> Shape:
        spatial(shape, self.kind)
        return shape[:1]

    def text(self) -> str:
        return self.take


@dataclass(frozen=True)
class Upsample(Layer):
    """Every value is repeated `factor` times along each axis."""

    kind: ClassVar[str] = "upsample"
    main: ClassVar[str] = "factor"
    sides: ClassVar[tuple[str, ...]] = ("factor",)
    factor: tuple[int, ...] = integers((2,), "repetitions, or one for each axis", low=1, scalar=True)

    def output(self, shape: Shape) -> Shape:
        sizes = spatial(shape, self.kind)
        if len(self.factor) > len(sizes):
            raise ValueError("a sequence has one axis: factor is one integer")
        return (shape[0], *(size * factor for size, factor in zip(sizes, per_axis(self.factor, len(sizes)))))


@dataclass(frozen=True)
class Crop(Layer):
    """The middle of an image or a sequence, as Keras's CenterCrop; an odd rest is cut off behind.

    Behind it, a shift by ``augment.crop`` of half the difference is a random crop of this size in training, and the
    middle in evaluation.
    """

    kind: ClassVar[str] = "crop"
    main: ClassVar[str] = "size"
    sides: ClassVar[tuple[str, ...]] = ("size",)
    size: tuple[int, ...] = integers(MISSING, "side of what is kept, or (height, width)", low=1, scalar=True)

    def output(self, shape: Shape) -> Shape:
        sizes = spatial(shape, self.kind)
        if len(self.size) > len(sizes):
            raise ValueError("a sequence has one axis: size is one integer")
        wanted = per_axis(self.size, len(sizes))
        if any(side > size for side, size in zip(wanted, sizes)):
            raise ValueError(f"a crop of {by(wanted)} is larger than its input of {by(sizes)}")
        return (shape[0], *wanted)

    def text(self) -> str:
        return by(self.size)
