"""The randomness of a step: a generator whose state is a function of (seed, step)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dlrun.config.seeds import derive_seed

LANES = 1 << 16  # values of one 16-bit lane
_ROOMS = 32  # shapes of masks whose memory is kept


@dataclass(frozen=True)
class Share:
    """The rows `first` to `last` (exclusive) of a batch of `rows`: what one of several processes works on."""

    first: int
    last: int
    rows: int

    def whole(self, shape: Sequence[int], axis: int = 0) -> torch.Size:
        """The shape that a draw for all rows has, where `shape` is that for the share's."""
        return torch.Size((*shape[:axis], self.rows, *shape[axis + 1:]))

    def of(self, drawn: Tensor, axis: int = 0) -> Tensor:
        """The share's part of what was drawn for all rows."""
        return drawn.narrow(axis, self.first, self.last - self.first)


class StepRng:
    """The generator of dropout masks and other noise.

    `seed_step(step)` seeds it with derive_seed(seed, "noise", step), so nothing needs to be stored to resume: call it
    before each training step.  Within a step draws differ by their order alone.  Layers and tasks ask for `mask_of`,
    `normal_of` and `uniform_of` only: a step that takes its randomness as an input puts these in its place
    (`engine.packed.draws`).

    >>> rng = StepRng(0, "cpu")
    >>> rng.seed_step(7); first = rng.lanes(4)
    >>> rng.seed_step(7); bool((rng.lanes(4) == first).all())
    True
    """

    def __init__(self, seed: int, device: torch.device | str):
        self.seed = seed
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device)
        self.seeds_torch = False  # set by layers of a user's own, which may draw from torch's global generators
        self._rooms: dict[torch.Size, tuple[Tensor, Tensor]] = {}
        self.share: Share | None = None  # set where several processes take a step together: all draw for all rows
        self.seed_step(0)

    def seed_step(self, step: int) -> None:
        """Draw from here on what belongs to `step`: a function of the seed and the step alone."""
        self.step = step
        self.generator.manual_seed(derive_seed(self.seed, "noise", step))
        if self.seeds_torch:
            torch.manual_seed(derive_seed(self.seed, "global", step))

    def __deepcopy__(self, memo: dict[int, Any]) -> StepRng:
        """A copied network draws from the same noise."""
        return self

    def lanes(self, count: int) -> Tensor:
        """`count` independent integers, uniform over all of int16."""
        # One 64-bit draw is four lanes: a quarter of the calls of the generator, which are what a mask costs.
        words = torch.empty((count + 3) // 4, dtype=torch.int64, device=self.device)
        self.fill_lanes(words)
        return words.view(torch.int16)[:count]

    def fill_lanes(self, words: Tensor) -> None:
        """Draw as many lanes as `words`, int64, have room for."""
        words.random_(-(1 << 63), None, generator=self.generator)

    def lanes_of(self, shape: torch.Size, axis: int = 0) -> Tensor:
        """Lanes of that shape, whose rows lie along `axis`."""
        if self.share is None:
            return self.lanes(shape.numel()).view(shape)
        whole = self.share.whole(shape, axis)
        return self.share.of(self.lanes(whole.numel()).view(whole), axis)

    def passing_lanes(self, shape: torch.Size, axis: int = 0) -> Tensor:
        """As `lanes_of`, in memory that the next draw may use again."""
        if self.share is not None or self.device.type != "cpu" or type(self) is not StepRng:
            return self.lanes_of(shape, axis)
        if shape not in self._rooms:
            if len(self._rooms) == _ROOMS:
                self._rooms.clear()
            words = torch.empty((shape.numel() + 3) // 4, dtype=torch.int64)
            self._rooms[shape] = words, words.view(torch.int16)[:shape.numel()].view(shape)
        words, lanes = self._rooms[shape]
        self.fill_lanes(words)
        return lanes

    def mask_of(self, shape: torch.Size, threshold: int, scale: float = 1.0, dtype: torch.dtype = torch.float32,
                axis: int = 0) -> Tensor:
        """0 where a lane is below the threshold, else the scale; rows lie along `axis`."""
        # Compared as floats, which hold every int16, and in place: a third of the time of a mask of booleans.
        mask = self.passing_lanes(shape, axis).to(dtype).ge_(threshold)
        return mask if scale == 1.0 else mask.mul_(scale)

    def normal_of(self, shape: Sequence[int]) -> Tensor:
        """Standard normal values of that shape, float32."""
        return self._rows_of(shape, lambda values: values.normal_(generator=self.generator))

    def uniform_of(self, shape: Sequence[int]) -> Tensor:
        """Values from 0 to 1 of that shape, float32."""
        return self._rows_of(shape, lambda values: values.uniform_(generator=self.generator))

    def _rows_of(self, shape: Sequence[int], draw: Callable[[Tensor], Tensor]) -> Tensor:
        """Drawn for all rows of the batch, of which this process may have a share."""
        share = self.share
        if share is None:
            return draw(torch.empty(tuple(shape), device=self.device))
        return share.of(draw(torch.empty(share.whole(shape), device=self.device)))
