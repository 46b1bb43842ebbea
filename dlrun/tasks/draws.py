"""What tasks draw from a step's noise.  The order of the draws in a step is fixed: it is what tells them apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from dlrun.models.noise import LANES, Noise


def normal(noise: Noise, shape: Sequence[int]) -> Tensor:
    """Standard normal values, float32."""
    return _shared(noise, shape, lambda values: values.normal_(generator=noise.generator))


def uniform(noise: Noise, shape: Sequence[int]) -> Tensor:
    """Values from 0 to 1, float32."""
    return _shared(noise, shape, lambda values: values.uniform_(generator=noise.generator))


def kept(noise: Noise, shape: torch.Size, share: float) -> Tensor:
    """0 with probability `share` (to 1/65536), else 1, float32."""
    dropped = min(round(share * LANES), LANES - 1)
    return noise.lanes_of(shape).to(torch.float32).ge_(dropped - LANES // 2)


def _shared(noise: Noise, shape: Sequence[int], draw: Callable[[Tensor], Tensor]) -> Tensor:
    """Drawn for all rows of the batch, of which this process may have a share."""
    share = noise.share
    if share is None:
        return draw(torch.empty(tuple(shape), device=noise.device))
    return share.of(draw(torch.empty(share.whole(shape), device=noise.device)))
