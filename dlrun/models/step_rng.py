"""The randomness of a step: a generator whose state is a function of (seed, step), and dropout that draws from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dlrun.config.seeds import derive_seed

LANES = 1 << 16  # values of one 16-bit lane


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
    before each training step.  Within a step the draws are told apart by their order alone.  Dropout asks for
    `lanes_of` only, so a step that takes its randomness as an input can put anything with that method in its place.

    >>> rng = StepRng(0, "cpu")
    >>> rng.seed_step(7); first = rng.lanes(4)
    >>> rng.seed_step(7); bool((rng.lanes(4) == first).all())
    True
    """

    def __init__(self, seed: int, device: torch.device | str):
        self.seed = seed
        self.device = torch.device(device)
        self.generator = torch.Generator(self.device)
        self.share: Share | None = None  # set where several processes take a step together: all draw for all rows
        self.seed_step(0)

    def seed_step(self, step: int) -> None:
        self.step = step
        self.generator.manual_seed(derive_seed(self.seed, "noise", step))

    def __deepcopy__(self, memo: dict) -> StepRng:
        """A copied network draws from the same noise."""
        return self

    def lanes(self, count: int) -> Tensor:
        """`count` independent integers, uniform over all of int16."""
        # One 64-bit draw is four lanes: a quarter of the calls of the generator, which are what a mask costs.
        words = torch.empty((count + 3) // 4, dtype=torch.int64, device=self.device)
        words.random_(-(1 << 63), None, generator=self.generator)
        return words.view(torch.int16)[:count]

    def lanes_of(self, shape: torch.Size, axis: int = 0) -> Tensor:
        """Lanes of that shape, whose rows lie along `axis`."""
        if self.share is None:
            return self.lanes(shape.numel()).view(shape)
        whole = self.share.whole(shape, axis)
        return self.share.of(self.lanes(whole.numel()).view(whole), axis)


class Dropout(nn.Module):
    """Sets each value to 0 with probability `rate` while training and scales the others to keep the mean.

    The probability is a multiple of 1/65536, the nearest to `rate`; the scale is that of the realised probability.
    Evaluation is the identity.
    """

    def __init__(self, rate: float, rng: StepRng):
        super().__init__()
        self.rng = rng
        self.rate = rate
        dropped = min(round(rate * LANES), LANES - 1)
        self.threshold = dropped - LANES // 2  # a lane below it is dropped
        self.scale = LANES / (LANES - dropped)

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.mask(x)).to(x.dtype) if self.training else x

    def mask(self, x: Tensor, axis: int = 0) -> Tensor:
        """0 or the scale for each value of `x`, told by the shape of `x` and the noise alone; rows lie along `axis`.

        float32 also for a half-precision `x`, whose few bits would bias the scale.
        """
        return self._mask(x.shape, x.dtype, axis)

    def _mask(self, shape: torch.Size, dtype: torch.dtype, axis: int = 0) -> Tensor:
        wide = torch.float64 if dtype == torch.float64 else torch.float32
        lanes = self.rng.lanes_of(shape, axis)
        # Compared as floats, which hold every int16, and in place: a third of the time of a mask of booleans.
        return lanes.to(wide).ge_(self.threshold).mul_(self.scale)

    def extra_repr(self) -> str:
        return f"rate={self.rate:g}"


class SpatialDropout(Dropout):
    """Drops whole channels: one draw for each row and channel."""

    def mask(self, x: Tensor, axis: int = 0) -> Tensor:
        shape = torch.Size((*x.shape[:2], *(1 for _ in x.shape[2:])))
        return self._mask(shape, x.dtype, axis)
