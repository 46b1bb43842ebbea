"""Pictures rotated, sheared, zoomed and shifted: one affine map a row, one resampling a batch."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_PADDING = {"nearest": "border", "zeros": "zeros", "reflect": "reflection"}


def warp(
    x: Tensor, angle: Tensor, right: Tensor, down: Tensor, shear: Tensor, zoom_x: Tensor, zoom_y: Tensor, fill: str
) -> Tensor:
    """Rotate by `angle` (radians, counterclockwise as seen), shift by pixels, shear and zoom each row of a batch.

    Each parameter is (N,).  Keras 1 and 2's composition: the place that a pixel is read from is
    rotation @ shift @ shear @ zoom of the pixel's own, from the centre; so a zoom of 2 shows twice as much.
    (Keras's centre lay a pixel off until 2020; here it is the centre.)
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
