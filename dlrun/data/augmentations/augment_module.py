"""The augmentation of a whole batch where it lies; nothing on the host."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from dlrun.data.augmentations._geometry import shift, warp
from dlrun.data.augmentations._ranges import Ranges
from dlrun.data.batches import Augmentation

# The columns of the random numbers.  Each change has its own, so that switching one on leaves the others' draws.
ROTATION, SHIFT_X, SHIFT_Y, SHEAR, ZOOM_X, ZOOM_Y, FLIP_X, FLIP_Y, CROP_X, CROP_Y = range(10)


def make_augment(cfg: Ranges) -> Augmentation | None:
    """The function that changes a batch of float images (N, C, H, W); None when every change is off.

    It draws from the generator, on the generator's device, ten numbers a row, whatever is on.  `zeros` fills with
    the value 0 of the batch it is given: black only where black is 0.
    """
    warped = any((cfg.rotation, cfg.shift_x, cfg.shift_y, cfg.shear, cfg.zoom))
    flipped = cfg.flip_horizontal or cfg.flip_vertical
    if not (warped or flipped or cfg.crop):
        return None

    def augment(x: Tensor, generator: torch.Generator) -> Tensor:
        draws = torch.rand(len(x), 10, generator=generator, device=generator.device).to(x.device)
        if warped:
            x = _warp(x, draws, cfg)
        elif cfg.crop:  # whole pixels alone need no resampling
            x = shift(x, _window(draws[:, CROP_X], cfg.crop), _window(draws[:, CROP_Y], cfg.crop), cfg.fill)
        if cfg.flip_horizontal:
            x = torch.where(draws[:, FLIP_X, None, None, None] < 0.5, x.flip(3), x)
        if cfg.flip_vertical:
            x = torch.where(draws[:, FLIP_Y, None, None, None] < 0.5, x.flip(2), x)
        return x

    return augment


def _warp(x: Tensor, draws: Tensor, cfg: Ranges) -> Tensor:
    height, width = x.shape[2:]
    either = 2 * draws - 1  # evenly in [-1, 1)
    right, down = either[:, SHIFT_X] * cfg.shift_x * width, either[:, SHIFT_Y] * cfg.shift_y * height
    if cfg.crop:
        right = right + _window(draws[:, CROP_X], cfg.crop)
        down = down + _window(draws[:, CROP_Y], cfg.crop)
    return warp(
        x, either[:, ROTATION] * math.radians(cfg.rotation), right, down, either[:, SHEAR] * cfg.shear,
        1 + either[:, ZOOM_X] * cfg.zoom, 1 + either[:, ZOOM_Y] * cfg.zoom, cfg.fill,
    )


def _window(draws: Tensor, crop: int) -> Tensor:
    """Whole pixels -crop to crop, evenly, from draws in [0, 1)."""
    size = 2 * crop + 1
    return (draws * size).long().clamp_(max=size - 1) - crop  # rounding may reach `size` itself
