"""A random part of a picture, resized to the whole."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SHAPE = 4 / 3  # the widest of a part's width to its height, in those of the picture


def resized_crop(x: Tensor, draws: Tensor, least: float) -> Tensor:
    """Of each row (N, C, H, W) a part with `least` of its area or more; draws (N, 4) in [0, 1): area, shape, place."""
    area, shape, right, down = draws.unbind(1)
    share = least + (1 - least) * area
    ratio = torch.exp((2 * shape - 1) * math.log(SHAPE))
    width, height = (share * ratio).sqrt().clamp(max=1), (share / ratio).sqrt().clamp(max=1)
    zero = torch.zeros_like(width)
    theta = torch.stack([
        torch.stack([width, zero, (2 * right - 1) * (1 - width)], 1),
        torch.stack([zero, height, (2 * down - 1) * (1 - height)], 1),
    ], 1)  # (N, 2, 3): the place that a pixel is read from, from -1 to 1
    grid = F.affine_grid(theta, list(x.shape), align_corners=False).to(x.dtype)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
