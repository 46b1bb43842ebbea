"""Random changes of training pictures, drawn for each row of each batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.data.augmentations._ranges import Ranges
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.data.batches import Augmentation as Change


@register("augment", "augment")
@dataclass(frozen=True)
class Augment(Ranges):
    """Each row gets its own change; all ranges at 0 and all flags off is no augmentation."""

    kind: ClassVar[str] = "augment"
    @property
    def on(self) -> bool:
        """Whether anything is changed at all."""
        ranges = (self.rotation, self.shift_x, self.shift_y, self.shear, self.zoom, self.crop)
        return any(ranges) or self.flip_horizontal or self.flip_vertical

    def build(self) -> Change | None:
        """The function that changes a batch of float images (N, C, H, W); None when every change is off."""
        if not self.on:
            return None
        from dlrun.data.augmentations.augment_module import make_augment

        return make_augment(self)
