"""The randomness of a packed step: what each member draws alone, as an input of the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dlrun.models.step_rng import StepRng


@dataclass(frozen=True)
class Draw:
    """One draw of a member's step: a mask, normal or uniform values of a shape.

    A mask's threshold and scale are numbers or, where they differ among the members, (slots,).
    """

    kind: str
    shape: torch.Size
    dtype: torch.dtype = torch.float32
    threshold: int | Tensor = 0
    scale: float | Tensor = 1.0


class ProgramRng(StepRng):
    """Stands for the members' generators inside the program: gives out what was drawn before.

    While it records, `asked` gets each draw, and what is given are zeros.
    """

    def __init__(self, device: torch.device):
        super().__init__(0, device)
        self.asked: list[Draw] | None = None
        self.given: Sequence[Tensor] = ()
        self._next = 0

    def begin(self, given: Sequence[Tensor]) -> None:
        """Give these out from here on, in their order."""
        self.asked, self.given, self._next = None, given, 0

    def mask_of(self, shape: torch.Size, threshold: int, scale: float = 1.0, dtype: torch.dtype = torch.float32,
                axis: int = 0) -> Tensor:
        return self._drawn(Draw("mask", shape, dtype, threshold, scale))

    def normal_of(self, shape: Sequence[int]) -> Tensor:
        return self._drawn(Draw("normal", torch.Size(shape)))

    def uniform_of(self, shape: Sequence[int]) -> Tensor:
        return self._drawn(Draw("uniform", torch.Size(shape)))

    def _drawn(self, draw: Draw) -> Tensor:
        if self.asked is not None:
            self.asked.append(draw)
            return torch.zeros(draw.shape, dtype=draw.dtype, device=self.device)
        self._next += 1
        return self.given[self._next - 1]


class MemberDraws:
    """The draws of all members for one step, (slots, ...) each, in memory that is used again."""

    def __init__(self, draws: Sequence[Draw], slots: int, device: torch.device):
        self._places: list[tuple[str, list[Tensor]]] = []
        self._masks: list[tuple[Tensor, Tensor, Draw]] = []
        self.tensors: list[Tensor] = []
        for draw in draws:
            drawn = torch.zeros(slots, *draw.shape, dtype=draw.dtype, device=device)
            places = drawn
            if draw.kind == "mask":  # of lanes, drawn as whole words of which a member uses the first
                count = draw.shape.numel()
                places = torch.zeros(slots, (count + 3) // 4, dtype=torch.int64, device=device)
                lanes = places.view(torch.int16)[:, :count].unflatten(1, draw.shape)
                self._masks.append((drawn, lanes, draw))
            self._places.append((draw.kind, list(places)))
            self.tensors.append(drawn)

    def draw(self, slot: int, rng: StepRng) -> None:
        """Draw what the member of a slot draws in its step, in its order; `rng` is seeded for that step."""
        for kind, places in self._places:
            if kind == "mask":
                rng.fill_lanes(places[slot])
            elif kind == "normal":
                places[slot].normal_(generator=rng.generator)
            else:
                places[slot].uniform_(generator=rng.generator)

    def finish(self) -> list[Tensor]:
        """What was drawn, when every member has."""
        for mask, lanes, draw in self._masks:  # as StepRng.mask_of does
            mask.copy_(lanes).ge_(_beside(draw.threshold, mask)).mul_(_beside(draw.scale, mask))
        return self.tensors


def _beside(value: float | Tensor, mask: Tensor) -> float | Tensor:
    return value.view(-1, *(1 for _ in mask.shape[1:])) if isinstance(value, Tensor) else value
