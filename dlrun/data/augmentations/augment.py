"""Random changes of training pictures, drawn for each row of each batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.data.augmentations._ranges import Ranges
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.batches import Augmentation as Change
    from dlrun.data.prepared import PreparedData


@register("augment", "augment")
@dataclass(frozen=True)
class Augment(Ranges):
    """Each row gets its own change; all ranges at 0 and all flags off is no augmentation."""

    @property
    def on(self) -> bool:
        """Whether anything is changed at all."""
        ranges = (self.rotation, self.shift_x, self.shift_y, self.shear, self.zoom, self.crop, self.resized_crop,
                  self.erase, self.cutout, self.randaugment)
        return any(ranges) or self.flip_horizontal or self.flip_vertical or self.recoloured or bool(self.mixes)

    def build(self, black: float = 0.0, white: float = 1.0) -> Change | None:
        """The function that changes a batch of float images (N, C, H, W); None when every change is off.

        `black` and `white` are the values of these in the images, or one for each channel.
        """
        if not self.on:
            return None
        from dlrun.data.augmentations.augment_module import make_augment

        return make_augment(self, black, white)

    def build_on(self, prepared: PreparedData) -> Change | None:
        if not (self.recoloured or self.randaugment):
            return self.build()
        white = float(prepared.settings.get("levels", 1.0))
        scale = prepared.scale
        return self.build(*((value - scale.offset) * scale.factor for value in (0.0, white)))
