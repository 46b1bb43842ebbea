"""The module of ``dropout``, whose masks come from the step's own randomness."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dlrun.models.step_rng import LANES, StepRng


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
        """0 or the scale for each value of `x`, from the shape of `x` and the noise alone; rows lie along `axis`.

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
