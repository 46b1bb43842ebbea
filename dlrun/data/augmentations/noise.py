"""Noise on tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import number
from dlrun.data.augmentations._ranges import MixedRows
from dlrun.registry import register

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from dlrun.data.batches import Augmentation as Change


@register("augment", "noise")
@dataclass(frozen=True)
class Noise(MixedRows):
    """Gaussian noise on each number of a table as the network sees it, cells that become 0, rows that are mixed."""

    inputs: ClassVar[tuple[str, ...]] = ("table",)
    std: float = number(0.1, "Standard deviation of the noise, in that of a column where it is scaled so.", low=0)
    drop: float = number(0.0, "Probability that a cell becomes 0: the mean, of a column scaled to mean 0.", low=0,
                         high=1, below=True)

    @property
    def on(self) -> bool:
        """Whether anything is changed at all."""
        return bool(self.std or self.drop or self.mixup)

    def build(self) -> Change | None:
        """The function that changes a batch of rows (N, features)."""
        if not (self.std or self.drop):
            return None
        from dlrun.data.augmentations._numbers import dropped, noisy

        def change(x: Tensor, generator: Generator) -> Tensor:
            if self.std:
                x = noisy(x, self.std, generator)
            return dropped(x, self.drop, generator) if self.drop else x

        return change
