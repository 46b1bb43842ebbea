"""What the convolutions' specs share: kernel, stride, padding, dilation, and the sizes that follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integer, integers
from dlrun.models.layer import Weighted, image
from dlrun.models.shapes import Shape, by, per_axis, windows

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
