"""Points in the plane: spirals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.config.schema.fields import integer, number
from dlrun.data.sets._toys import Toy
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "spirals")
@dataclass(frozen=True)
class Spirals(Toy):
    """Arms of a spiral around the origin, one a class; drawn."""

    classes: int = integer(2, "How many arms.", low=2, high=20)
    turns: float = number(1.5, "How often an arm goes round.", low=0, above=True, high=10)

    @property
    def count(self) -> int:
        return self.classes

    def places(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        import numpy as np

        angle = 2 * np.pi * (self.turns * t + y / self.classes)
        places: np.ndarray = (4 * t)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
        return places  # of radius 4: 0.1 of noise leaves gaps
