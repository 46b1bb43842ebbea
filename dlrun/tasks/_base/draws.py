"""What tasks draw from a step's noise.  The order of the draws in a step is fixed: it is what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dlrun.models.step_rng import LANES, StepRng


def normal(rng: StepRng, shape: Sequence[int]) -> Tensor:
    """Standard normal values, float32."""
    return rng.normal_of(shape)


def uniform(rng: StepRng, shape: Sequence[int]) -> Tensor:
    """Values from 0 to 1, float32."""
    return rng.uniform_of(shape)


def kept(rng: StepRng, shape: torch.Size, share: float) -> Tensor:
    """0 with probability `share` (to 1/65536), else 1, float32."""
    dropped = min(round(share * LANES), LANES - 1)
    return rng.mask_of(shape, dropped - LANES // 2)
