"""Points in the plane: moons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dlrun.data.sets._toys import Toy
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np


@register("dataset", "moons")
@dataclass(frozen=True)
class Moons(Toy):
    """Two interleaving half circles in the plane; drawn."""

    def places(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        import numpy as np

        angle = np.pi * t
        outer = np.stack([np.cos(angle), np.sin(angle)], 1)
        inner = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], 1)
        return np.where(y[:, None] == 0, outer, inner)
