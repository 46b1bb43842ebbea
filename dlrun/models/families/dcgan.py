"""The family ``dcgan``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import flag, integer, integers
from dlrun.models.families._composite import activated, kernel, upsample_block
from dlrun.models.families._gan import GanModel
from dlrun.models.families._lists import shaped
from dlrun.models.layer import Layer
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.flatten import Flatten
from dlrun.models.plan import shape_text
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("model", "dcgan")
@dataclass(frozen=True)
class Dcgan(GanModel):
    """Convolutional GAN: two doublings up to the image, batch norm in the generator, dropout in the discriminator.

    The generator doubles its image once for each of its filters, so that 2 of them start from 7 x 7 for 28 x 28.
    The discriminator has a stride of 2 in each convolution.
    """

    suggests: ClassVar[Mapping[str, Any]] = {"optimizer": "adam_gan", "epochs": 150, "batch_size": 64}
    generator_filters: tuple[int, ...] = integers((64, 32), "channels before each doubling", low=1, scalar=True)
    discriminator_filters: tuple[int, ...] = integers((32, 64), "filters of its convolutions", low=1, scalar=True)
    kernel: int = integer(4, "side of all kernels; a multiple of the stride 2 leaves no checkerboard", low=1)
    upsample: bool = flag(False, "the generator repeats pixels and convolves, in place of transposed convolutions")

    def check_shape(self, shape: Shape) -> None:
        if len(shape) != 3:
            raise problem(self.given, f"its convolutions expect images; the data set's rows are {shape_text(shape)}; "
                                      "try  model=gan")

    def generator_layers(self, shape: Shape) -> list[Layer]:
        """From a small image that a dense layer makes, doubled once for each of the filters."""
        filters, times = self.generator_filters, 2 ** len(self.generator_filters)
        if any(side % times for side in shape[1:]):
            raise problem(f"model.generator_filters={list(filters)}",
                          f"{len(filters)} doublings make the image {times} times as large; {shape_text(shape)} is not "
                          f"divisible by that")
        start = (filters[0], *(side // times for side in shape[1:]))
        norm = self.batch_norm
        layers = [*activated(Dense(prod(start), **kernel(self)), self, norm, 0.0), *shaped(start)]
        for channels in filters[1:]:
            before, convolution = upsample_block(channels, self.kernel, 2, self.upsample, **kernel(self))
            layers += [*before, *activated(convolution, self, norm, 0.0)]
        before, convolution = upsample_block(shape[0], self.kernel, 2, self.upsample, init=self.init)
        return [*layers, *before, convolution]

    def discriminator_layers(self, shape: Shape) -> list[Layer]:
        layers: list[Layer] = []
        for filters in self.discriminator_filters:
            layers += self.discriminator_block(Conv(filters, (self.kernel,), (2,), "same", **kernel(self)))
        return [*layers, Flatten()]
