"""The layer ``crop``: the middle of an image or a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import MISSING, integers
from dlrun.models.layer import Layer, Module, Parts, Rng, positions
from dlrun.models.shapes import Shape, by, per_axis
from dlrun.registry import register


@register("layer", "crop")
@dataclass(frozen=True)
class Crop(Layer):
    """The middle of an image or a sequence, as Keras's CenterCrop; an odd rest is cut off behind.

    Behind it, a shift by ``augment.crop`` of half the difference is a random crop of this size in training, and the
    middle in evaluation.
    """

    main: ClassVar[str] = "size"
    sides: ClassVar[tuple[str, ...]] = ("size",)
    moves_values: ClassVar[bool] = True
    size: tuple[int, ...] = integers(MISSING, "side of what is kept, or (height, width)", low=1, scalar=True)

    def output(self, shape: Shape) -> Shape:
        sizes = positions(shape, self.kind)
        if len(self.size) > len(sizes):
            raise ValueError("a sequence has one axis: size is one integer")
        goal = per_axis(self.size, len(sizes))
        if any(side > size for side, size in zip(goal, sizes)):
            raise ValueError(f"a crop of {by(goal)} is larger than its input of {by(sizes)}")
        return (shape[0], *goal)

    def text(self) -> str:
        return by(self.size)

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module:
        from dlrun.models.layers.crop_module import Crop

        return Crop(shape, per_axis(self.size, len(shape) - 1))
