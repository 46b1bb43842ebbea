"""Changes of series: shifts in time, gaps, noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import integer, number
from dlrun.data.augmentations._ranges import MixedRows
from dlrun.registry import register

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from dlrun.data.batches import Augmentation as Change


@register("augment", "series")
@dataclass(frozen=True)
class Series(MixedRows):
    """Series moved in time, with gaps, noise, or mixed with others; all at 0 is no augmentation."""

    inputs: ClassVar[tuple[str, ...]] = ("series",)
    shift: int = integer(0, "Largest shift in steps, either way; what enters repeats the end.", low=0)
    mask: int = integer(0, "Most steps of a stretch that becomes 0.", low=0)
    mask_features: int = integer(0, "Most features beside each other that become 0 (frequencies of a spectrogram).",
                                 low=0)
    std: float = number(0.0, "Standard deviation of Gaussian noise on each number as the network sees it.", low=0)

    @property
    def on(self) -> bool:
        """Whether anything is changed at all."""
        return any((self.shift, self.mask, self.mask_features, self.std, self.mixup))

    def build(self) -> Change | None:
        """The function that changes a batch of series (N, features, length)."""
        if not any((self.shift, self.mask, self.mask_features, self.std)):
            return None
        from dlrun.data.augmentations._numbers import masked, noisy, shifted

        def change(x: Tensor, generator: Generator) -> Tensor:
            if self.shift:
                x = shifted(x, self.shift, generator)
            if self.std:
                x = noisy(x, self.std, generator)
            if self.mask:
                x = masked(x, min(self.mask, x.shape[2]), generator)
            return masked(x, min(self.mask_features, x.shape[1]), generator, True) if self.mask_features else x

        return change
