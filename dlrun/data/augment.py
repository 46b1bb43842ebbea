"""Augmentation of a whole batch where it lies: one affine map a row, one resampling a batch, nothing on the host."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

# The columns of the random numbers.  Each change has its own, so that switching one on leaves the others' draws.
ROTATION, SHIFT_X, SHIFT_Y, SHEAR, ZOOM_X, ZOOM_Y, FLIP_X, FLIP_Y, CROP_X, CROP_Y = range(10)
_PADDING = {"nearest": "border", "zeros": "zeros", "reflect": "reflection"}

Augmentation = Callable[[Tensor, torch.Generator], Tensor]


def make_augment(cfg: Any) -> Augmentation | None:
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


def _warp(x: Tensor, draws: Tensor, cfg: Any) -> Tensor:
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


def warp(
    x: Tensor, angle: Tensor, right: Tensor, down: Tensor, shear: Tensor, zoom_x: Tensor, zoom_y: Tensor, fill: str
) -> Tensor:
    """Rotate by `angle` (radians, counterclockwise as seen), shift by pixels, shear and zoom each row of a batch.

    Each parameter is (N,).  Keras 1 and 2's composition: the place that a pixel is read from is
    rotation @ shift @ shear @ zoom of the pixel's own, from the centre; so a zoom of 2 shows twice as much.
    (Keras's centre lies half a pixel off; here it is the centre.)
    """
    height, width = x.shape[2:]
    cos, sin = torch.cos(angle), torch.sin(angle)
    # shear @ zoom in (x, y) with y down:  x' = cos(s) zx x,  y' = zy y - sin(s) zx x
    xx, xy = torch.cos(shear) * zoom_x, torch.zeros_like(shear)
    yx, yy = -torch.sin(shear) * zoom_x, zoom_y
    # rotation @ (that, shift); reading to the left moves the picture to the right
    rows = (
        (cos * xx - sin * yx, cos * xy - sin * yy, -(cos * right - sin * down)),
        (sin * xx + cos * yx, sin * xy + cos * yy, -(sin * right + cos * down)),
    )
    # affine_grid counts from -1 to 1 over the edges of the picture, whatever its size
    theta = torch.stack([
        torch.stack([rows[0][0], rows[0][1] * height / width, rows[0][2] * 2 / width], 1),
        torch.stack([rows[1][0] * width / height, rows[1][1], rows[1][2] * 2 / height], 1),
    ], 1)  # (N, 2, 3)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False).to(x.dtype)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode=_PADDING[fill], align_corners=False)


def shift(x: Tensor, right: Tensor, down: Tensor, fill: str) -> Tensor:
    """Shift each row of a batch by whole pixels, exactly; `right` and `down` are int64 (N,)."""
    height, width = x.shape[2:]
    columns = torch.arange(width, device=x.device) - right[:, None]  # (N, W): where each pixel is read
    lines = torch.arange(height, device=x.device) - down[:, None]
    batch = torch.arange(len(x), device=x.device)[:, None, None]
    from_line, from_column = _inside(lines, height, fill)[:, :, None], _inside(columns, width, fill)[:, None]
    out = x.permute(0, 2, 3, 1)[batch, from_line, from_column].permute(0, 3, 1, 2)
    if fill != "zeros":
        return out
    there = ((lines >= 0) & (lines < height))[:, None, :, None] & ((columns >= 0) & (columns < width))[:, None, None]
    return out * there


def _inside(places: Tensor, size: int, fill: str) -> Tensor:
    if fill != "reflect":
        return places.clamp(0, size - 1)
    places = places.remainder(2 * size)  # dcba|abcd|dcba: the edge pixel comes twice
    return torch.where(places < size, places, 2 * size - 1 - places)
