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

    of_each = ("rate", "threshold", "scale")  # may differ among networks that train as one program

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
        return self.rng.mask_of(shape, self.threshold, self.scale, wide, axis)

    def extra_repr(self) -> str:
        return f"rate={self.rate:g}"
