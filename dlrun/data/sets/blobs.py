"""Points in the plane: blobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.schema.fields import integer, number
from dlrun.data.sets._toys import Toy
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "blobs")
@dataclass(frozen=True)
class Blobs(Toy):
    """Round clouds of points, one a class, their centres evenly on a circle of radius 4; drawn."""

    noise: float = number(1.0, "Standard deviation of a cloud.", low=0)
    classes: int = integer(3, "How many clouds.", low=2, high=20)

    @property
    def count(self) -> int:
        return self.classes

    def places(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        import numpy as np

        angle = 2 * np.pi * y / self.classes
        return 4 * np.stack([np.cos(angle), np.sin(angle)], 1)
