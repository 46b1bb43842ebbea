"""The augmentation of a whole batch where it lies; nothing on the host."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dlrun.data.augmentations._colour import recolour
from dlrun.data.augmentations._erasing import cut_out, erase
from dlrun.data.augmentations._geometry import shift, warp
from dlrun.data.augmentations._ranges import Ranges
from dlrun.data.augmentations._resized_crop import resized_crop
from dlrun.data.batches import Augmentation

# The columns of the random numbers.  Each change has its own, so that switching one on leaves the others' draws.
ROTATION, SHIFT_X, SHIFT_Y, SHEAR, ZOOM_X, ZOOM_Y, FLIP_X, FLIP_Y, CROP_X, CROP_Y = range(10)
# Those of a second draw, which is left out where none of its changes is on.
PART, HUE, ERASE, CUTOUT, RANDAUGMENT = slice(0, 4), 7, slice(8, 13), slice(13, 15), 15
COLOUR = {"brightness": 4, "contrast": 5, "saturation": 6}
Level = float | np.ndarray


def make_augment(cfg: Ranges, black: Level = 0.0, white: Level = 1.0) -> Augmentation | None:
    """The function that changes a batch of float images (N, C, H, W); None when every change is off.

    It draws from the generator, on the generator's device, ten numbers a row, whatever is on, and sixteen more for the
    changes that are no moves and turns.  `zeros` fills with the value 0 of the batch it is given: black only where
    black is 0.  `black` and `white` are where colours begin and end.
    """
    warped = any((cfg.rotation, cfg.shift_x, cfg.shift_y, cfg.shear, cfg.zoom))
    moved = bool(warped or cfg.flip_horizontal or cfg.flip_vertical or cfg.crop)
    changed = _make_change(cfg, black, white)
    if not moved and changed is None:
        return None

    def augment(x: Tensor, generator: torch.Generator) -> Tensor:
        draws = torch.rand(len(x), 10, generator=generator, device=generator.device).to(x.device)
        more = torch.rand(len(x), 16, generator=generator, device=generator.device) if changed else None
        if cfg.resized_crop and more is not None:
            x = resized_crop(x, more[:, PART].to(x.device), cfg.resized_crop)
        if warped:
            x = _warp(x, draws, cfg)
        elif cfg.crop:  # whole pixels alone need no resampling
            x = shift(x, _window(draws[:, CROP_X], cfg.crop), _window(draws[:, CROP_Y], cfg.crop), cfg.fill)
        if cfg.flip_horizontal:
            x = torch.where(draws[:, FLIP_X, None, None, None] < 0.5, x.flip(3), x)
        if cfg.flip_vertical:
            x = torch.where(draws[:, FLIP_Y, None, None, None] < 0.5, x.flip(2), x)
        return x if changed is None or more is None else changed(x, more)

    return augment


def _make_change(cfg: Ranges, black: Level, white: Level) -> Callable[[Tensor, Tensor], Tensor] | None:
    """What colours and erases, by the numbers of the second draw (N, 16); None where none of its changes is on."""
    if not (cfg.resized_crop or cfg.recoloured or cfg.erase or cfg.cutout or cfg.randaugment):
        return None
    coloured = cfg.recoloured or cfg.randaugment
    most = {name: (COLOUR[name], value) for name, value in (
        ("brightness", cfg.brightness), ("contrast", cfg.contrast), ("saturation", cfg.saturation)) if value}

    def change(x: Tensor, draws: Tensor) -> Tensor:
        seed = int(draws[0, RANDAUGMENT] * (1 << 24)) if cfg.randaugment else 0
        draws = draws.to(x.device)
        if coloured:
            low, high = (torch.as_tensor(level, dtype=x.dtype, device=x.device) for level in (black, white))
            x = ((x - low) / (high - low)).clamp(0, 1)
            if cfg.recoloured:
                factors = {name: 1 + (2 * draws[:, column] - 1) * value for name, (column, value) in most.items()}
                x = recolour(x, **factors, hue=(2 * draws[:, HUE] - 1) * cfg.hue if cfg.hue else None)
            if cfg.randaugment:
                from dlrun.data.augmentations._randaugment import rand_augment

                x = rand_augment(x, seed, cfg.randaugment, cfg.randaugment_magnitude)
            x = x * (high - low) + low
        if cfg.erase:
            x = erase(x, draws[:, ERASE], cfg.erase)
        return cut_out(x, draws[:, CUTOUT], cfg.cutout) if cfg.cutout else x

    return change


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
