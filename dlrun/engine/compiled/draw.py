"""The randomness of compiled steps: what each draws, in memory for several of them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dlrun.models.step_rng import StepRng


@dataclass(frozen=True)
class Draw:
    """What a step draws at once: `lanes`, `normal` or `uniform` values, so many."""

    kind: str
    count: int

    @property
    def words(self) -> int:
        """The words of 64 bits that lanes are drawn as; the values themselves otherwise."""
        return -(-self.count // 4) if self.kind == "lanes" else self.count

    @property
    def stride(self) -> int:
        """Values from one step's draw to the next one's."""
        return 4 * self.words if self.kind == "lanes" else self.count

    def room(self, steps: int) -> Tensor:
        """Memory for so many steps (steps, words)."""
        return torch.zeros(steps, self.words, dtype=torch.int64 if self.kind == "lanes" else torch.float32)

    def fill(self, place: Tensor, rng: StepRng) -> None:
        """Draw a step's, as StepRng does."""
        if self.kind == "lanes":
            rng.fill_lanes(place)
        elif self.kind == "normal":
            place.normal_(generator=rng.generator)
        else:
            place.uniform_(generator=rng.generator)
