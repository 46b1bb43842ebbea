"""Parts of pictures that become 0: random erasing and cutout."""

from __future__ import annotations

import math

import torch
from torch import Tensor

AREA, SHAPE = (0.02, 0.33), 3.3  # of random erasing (Zhong et al. 2017): shares of the area, height to width


def erase(x: Tensor, draws: Tensor, probability: float) -> Tensor:
    """Of each row (N, C, H, W), with a `probability`, a rectangle becomes 0.

    Draws (N, 5) in [0, 1): whether it happens, area, shape, place.
    """
    happens, area, shape, right, down = draws.unbind(1)
    height, width = x.shape[2:]
    size = (AREA[0] + (AREA[1] - AREA[0]) * area) * height * width
    ratio = torch.exp((2 * shape - 1) * math.log(SHAPE))
    tall = (size * ratio).sqrt().clamp(max=height).round()
    wide = (size / ratio).sqrt().clamp(max=width).round()
    top, left = (down * (height - tall + 1)).floor(), (right * (width - wide + 1)).floor()
    inside = _between(height, top, tall)[:, :, None] & _between(width, left, wide)[:, None]
    return x.masked_fill((inside & (happens < probability)[:, None, None])[:, None], 0)


def cut_out(x: Tensor, draws: Tensor, side: int) -> Tensor:
    """Of each row (N, C, H, W) a square around a pixel becomes 0 (DeVries and Taylor 2017); draws (N, 2) in [0, 1)."""
    height, width = x.shape[2:]
    right, down = draws.unbind(1)
    sides = torch.full_like(right, side)
    top, left = ((draw * size).floor() - side // 2 for draw, size in ((down, height), (right, width)))
    inside = _between(height, top, sides)[:, :, None] & _between(width, left, sides)[:, None]
    return x.masked_fill(inside[:, None], 0)


def _between(size: int, first: Tensor, count: Tensor) -> Tensor:
    """(N, size): whether a place is one of the `count` from `first` on."""
    places = torch.arange(size, device=first.device)
    return (places >= first[:, None]) & (places < (first + count)[:, None])
