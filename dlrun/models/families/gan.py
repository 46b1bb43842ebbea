"""The family ``gan``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from dlrun.config.schema.fields import integers
from dlrun.models.families._composite import activated, kernel
from dlrun.models.families._gan import GanModel
from dlrun.models.families._lists import flat, shaped
from dlrun.models.layer import Layer
from dlrun.models.layers.dense import Dense
from dlrun.models.shapes import Shape
from dlrun.registry import register


@register("model", "gan")
@dataclass(frozen=True)
class Gan(GanModel):
    """GAN of dense layers, for images and tables."""

    suggests: ClassVar[Mapping[str, Any]] = {"optimizer": "adam_gan", "epochs": 300, "batch_size": 64}
    generator_hidden: tuple[int, ...] = integers((128, 256), "units of the generator's hidden layers", low=1,
                                                 scalar=True, empty=True)
    discriminator_hidden: tuple[int, ...] = integers((256, 128), "units of the discriminator's hidden layers", low=1,
                                                     scalar=True, empty=True)

    def generator_layers(self, shape: Shape) -> list[Layer]:
        layers: list[Layer] = []
        for units in self.generator_hidden:
            layers += activated(Dense(units, **kernel(self)), self, self.batch_norm, 0.0)
        return [*layers, Dense(prod(shape), init=self.init), *shaped(shape)]

    def discriminator_layers(self, shape: Shape) -> list[Layer]:
        layers = flat(shape)
        for units in self.discriminator_hidden:
            layers += self.discriminator_block(Dense(units, **kernel(self)))
        return layers
