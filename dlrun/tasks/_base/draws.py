"""What tasks draw from a step's noise.  The order of the draws in a step is fixed: it is what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from dlrun.models.step_rng import LANES, StepRng


def normal(rng: StepRng, shape: Sequence[int]) -> Tensor:
    """Standard normal values, float32."""
    return _shared(rng, shape, lambda values: values.normal_(generator=rng.generator))


def uniform(rng: StepRng, shape: Sequence[int]) -> Tensor:
    """Values from 0 to 1, float32."""
    return _shared(rng, shape, lambda values: values.uniform_(generator=rng.generator))


def kept(rng: StepRng, shape: torch.Size, share: float) -> Tensor:
    """0 with probability `share` (to 1/65536), else 1, float32."""
    dropped = min(round(share * LANES), LANES - 1)
    return rng.lanes_of(shape).to(torch.float32).ge_(dropped - LANES // 2)


def _shared(rng: StepRng, shape: Sequence[int], draw: Callable[[Tensor], Tensor]) -> Tensor:
    """Drawn for all rows of the batch, of which this process may have a share."""
    share = rng.share
    if share is None:
        return draw(torch.empty(tuple(shape), device=rng.device))
    return share.of(draw(torch.empty(share.whole(shape), device=rng.device)))
