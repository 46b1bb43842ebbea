"""How much training rows are changed: the options that augmentations share, and those of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.schema.fields import choice, flag, integer, number
from dlrun.data.augmentations._base import Augmentation

if TYPE_CHECKING:
    from dlrun.data.batches import Mix
    from dlrun.data.prepared import PreparedData


@dataclass(frozen=True)
class MixedRows(Augmentation):
    """An augmentation of rows of numbers, which can be mixed with others."""

    mixup: float = number(0.0, "Mix the rows of a batch with others by a share from Beta(this, this), and their "
                          "targets; 0: off.", low=0)

    @property
    def pasted(self) -> float:
        """The alpha of CutMix, of pictures; 0: off."""
        return 0.0

    @property
    def mixes(self) -> str:
        return "cutmix" if self.pasted else "mixup" if self.mixup else ""

    @property
    def mixed_targets(self) -> tuple[str, ...]:
        return ("classes",) if self.pasted else super().mixed_targets

    def mixing(self, prepared: PreparedData) -> Mix | None:
        if not self.mixes:
            return None
        from dlrun.data.augmentations._mixing import make_mix

        return make_mix(self.mixup, self.pasted, len(prepared.data_spec.classes))


@dataclass(frozen=True)
class Ranges(MixedRows):
    """How far a picture is turned, moved, sheared and zoomed at most, and what else may happen to it."""

    rotation: float = number(0.0, "Largest rotation in degrees, either way.", low=0, high=180)
    shift_x: float = number(0.0, "Largest horizontal shift as a fraction of the width.", low=0, high=1)
    shift_y: float = number(0.0, "Largest vertical shift as a fraction of the height.", low=0, high=1)
    shear: float = number(0.0, "Largest shear angle in radians (as in Keras 1 and 2.0).", low=0, high=1.5)
    zoom: float = number(0.0, "Zoom by 1 - zoom to 1 + zoom, height and width apart.", low=0, high=1, below=True)
    flip_horizontal: bool = flag(False, "Mirror left and right with probability 1/2.")
    flip_vertical: bool = flag(False, "Mirror top and bottom with probability 1/2.")
    fill: str = choice("nearest", ("nearest", "zeros", "reflect"), "What stands outside the picture.")
    crop: int = integer(0, "Pixels of padding that a random crop of the old size is cut from; 0: off.", low=0, high=512)
    resized_crop: float = number(0.0, "Cut out a part with this share of the area or more (of 3:4 to 4:3 of its shape) "
                                 "and resize it to the whole; 0: off (torchvision's RandomResizedCrop: 0.08).",
                                 low=0, high=1)
    brightness: float = number(0.0, "Brightness times 1 - this to 1 + this.", low=0, high=1)
    contrast: float = number(0.0, "Distance from the picture's mean grey, times 1 - this to 1 + this.", low=0, high=1)
    saturation: float = number(0.0, "Distance of each pixel from its grey, times 1 - this to 1 + this.", low=0, high=1)
    hue: float = number(0.0, "Largest turn of the hue, either way, in turns of the colour circle.", low=0, high=0.5)
    erase: float = number(0.0, "Probability that a rectangle of 2 to 33 % of the area becomes 0 (random erasing).",
                          low=0, high=1)
    cutout: int = integer(0, "Side in pixels of a square around a random pixel that becomes 0; 0: off.", low=0)
    randaugment: int = integer(0, "Operations of RandAugment on each picture (torchvision's); 0: off.", low=0, high=14)
    randaugment_magnitude: int = integer(9, "How strong they are; they are made picture by picture, on the host.",
                                         low=0, high=30)
    cutmix: float = number(0.0, "Put a rectangle of another picture of the batch into each, of an area from "
                           "Beta(this, this), and mix the classes by it; 0: off.", low=0)

    @property
    def recoloured(self) -> bool:
        """Whether colours change."""
        return any((self.brightness, self.contrast, self.saturation, self.hue))

    @property
    def pasted(self) -> float:
        return self.cutmix
