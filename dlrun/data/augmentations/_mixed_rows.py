"""The option that mixes rows of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.schema.fields import number
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
