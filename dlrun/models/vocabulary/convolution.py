"""Convolutions: plain, one-dimensional, separable, transposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, choice, integer, integers
from dlrun.models.vocabulary.base import Weighted, image
from dlrun.models.vocabulary.geometry import Shape, by, per_axis, transposed, windows

PADDING_DOC = "valid: none; same: ceil(input / stride) outputs; or zeros on each side"


@dataclass(frozen=True)
class Convolution(Weighted):
    """What the kinds of convolution share."""

    main: ClassVar[str] = "filters"
    sides: ClassVar[tuple[str, ...]] = ("kernel", "stride", "dilation")
    filters: int = integer(MISSING, "number of filters, the output's channels", low=1)
    kernel: tuple[int, ...] = integers((3,), "kernel's side, or (height, width)", low=1, scalar=True)
    stride: tuple[int, ...] = integers((1,), "step between windows, or one for each axis", low=1, scalar=True)
    padding: str | int = integer("valid", PADDING_DOC, low=0, words=("valid", "same"))
    dilation: tuple[int, ...] = integers((1,), "distance between the kernel's taps", low=1, scalar=True)

    def axes(self, shape: Shape) -> Shape:
        """The axes that the kernel slides over; ValueError when the input has others."""
        return image(shape, self.kind)

    def output(self, shape: Shape) -> Shape:
        sizes = self.axes(shape)
        rank = len(sizes)
        return (self.filters, *windows(sizes, per_axis(self.kernel, rank), per_axis(self.stride, rank),
                                       per_axis(self.dilation, rank), self.padding))

    def measure(self) -> str:
        shown = f"{self.filters} filters {by(per_axis(self.kernel, self.rank))}"
        if set(self.stride) != {1}:
            shown += f", stride {by(self.stride)}"
        if set(self.dilation) != {1}:
            shown += f", dilation {by(self.dilation)}"
        return shown + ("" if self.padding == "valid" else f", padding {self.padding}")


@dataclass(frozen=True)
class Conv(Convolution):
    """Convolution of images."""

    kind: ClassVar[str] = "conv"
    groups: int = integer(1, "the channels are split into so many groups, each with filters of its own", low=1)

    def output(self, shape: Shape) -> Shape:
        self.axes(shape)
        if shape[0] % self.groups:
            raise ValueError(f"groups {self.groups} must divide the input's {shape[0]} channels")
        return super().output(shape)

    def count(self, shape: Shape) -> tuple[int, int]:
        taps = prod(per_axis(self.kernel, len(shape) - 1))
        return (taps * shape[0] // self.groups + self.bias) * self.filters, 0

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
        if self.filters % self.groups:
            yield "groups", f"a divisor of filters ({self.filters})"


@dataclass(frozen=True)
class Conv1d(Conv):
    """Convolution of sequences (channels, length); padding causal lets no output see later inputs."""

    kind: ClassVar[str] = "conv1d"
    rank: ClassVar[int] = 1
    padding: str | int = integer("valid", PADDING_DOC, low=0, words=("valid", "same", "causal"))

    def axes(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError("conv1d wants sequences (channels, length)")
        return shape[1:]


@dataclass(frozen=True)
class SeparableConv(Convolution):
    """One filter for each channel, then a 1 x 1 convolution; images or sequences."""

    kind: ClassVar[str] = "separable_conv"

    def axes(self, shape: Shape) -> Shape:
        return shape[1:] if len(shape) == 2 and len(self.kernel) == 1 else image(shape, self.kind)

    def count(self, shape: Shape) -> tuple[int, int]:
        return prod(per_axis(self.kernel, len(shape) - 1)) * shape[0] + (shape[0] + self.bias) * self.filters, 0


@dataclass(frozen=True)
class TransposedConv(Weighted):
    """The transpose of a convolution, which enlarges images: same gives input * stride."""

    kind: ClassVar[str] = "transposed_conv"
    main: ClassVar[str] = "filters"
    sides: ClassVar[tuple[str, ...]] = ("kernel", "stride")
    filters: int = integer(MISSING, "number of filters, the output's channels", low=1)
    kernel: tuple[int, ...] = integers((3,), "kernel's side, or (height, width)", low=1, scalar=True)
    stride: tuple[int, ...] = integers((1,), "how many times larger the output is", low=1, scalar=True)
    padding: str = choice("valid", ("valid", "same"), "same: input * stride outputs; valid: the whole of the edges too")

    def output(self, shape: Shape) -> Shape:
        sizes = zip(image(shape, self.kind), per_axis(self.kernel, 2), per_axis(self.stride, 2))
        return (self.filters, *(transposed(size, side, step, self.padding)[0] for size, side, step in sizes))

    def count(self, shape: Shape) -> tuple[int, int]:
        return (prod(per_axis(self.kernel, 2)) * shape[0] + self.bias) * self.filters, 0

    def measure(self) -> str:
        stride = "" if set(self.stride) == {1} else f", stride {by(self.stride)}"
        return (f"{self.filters} filters {by(per_axis(self.kernel, 2))}{stride}"
                + ("" if self.padding == "valid" else ", padding same"))
