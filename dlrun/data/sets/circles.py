"""Points in the plane: circles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.schema.fields import number
from dlrun.data.sets._toys import Toy
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "circles")
@dataclass(frozen=True)
class Circles(Toy):
    """A circle around a smaller one; drawn."""

    factor: float = number(0.5, "Radius of the inner circle (outer: 1).", low=0, above=True, high=1, below=True)

    def places(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        import numpy as np

        counts = np.bincount(y, minlength=2)
        angle = 2 * np.pi * (np.arange(len(y)) // 2) / counts[y]  # the end of the circle is its start: not both
        places: np.ndarray = np.where(y == 0, 1.0, self.factor)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        return places
