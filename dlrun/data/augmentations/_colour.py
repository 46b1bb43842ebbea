"""Brightness, contrast, saturation and hue of a batch of pictures, a factor for each row."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

GREY = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R 601), as PIL and torchvision have it
# Red, green, blue to luma and two axes of colour (YIQ): a turn of the hue is a turn of these two.
YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))
RGB = np.linalg.inv(np.array(YIQ)).tolist()  # and back; here, for torch's inverse waits for the device


def recolour(x: Tensor, *, brightness: Tensor | None = None, contrast: Tensor | None = None,
             saturation: Tensor | None = None, hue: Tensor | None = None) -> Tensor:
    """Pictures (N, C, H, W) from 0 to 1, changed in this order and cut off at 0 and 1; None leaves one out.

    Factors are (N,), 1 for no change; `hue` is (N,) in turns of the circle.  Pictures of one channel have neither
    saturation nor hue.
    """
    def by_row(factor: Tensor) -> Tensor:
        return factor[:, None, None, None]

    if brightness is not None:
        x = (x * by_row(brightness)).clamp(0, 1)
    if contrast is not None:
        mean = _grey(x).mean((1, 2, 3), keepdim=True)
        x = (mean + by_row(contrast) * (x - mean)).clamp(0, 1)
    if x.shape[1] != 3:
        return x
    if saturation is not None:
        grey = _grey(x)
        x = (grey + by_row(saturation) * (x - grey)).clamp(0, 1)
    return x if hue is None else _turned(x, hue)


def _grey(x: Tensor) -> Tensor:
    if x.shape[1] != 3:
        return x.mean(1, keepdim=True)
    weights = torch.tensor(GREY, dtype=x.dtype, device=x.device)
    return (x * weights[:, None, None]).sum(1, keepdim=True)


def _turned(x: Tensor, hue: Tensor) -> Tensor:
    to, back = (torch.tensor(matrix, dtype=x.dtype, device=x.device) for matrix in (YIQ, RGB))
    cos, sin = torch.cos(2 * math.pi * hue), torch.sin(2 * math.pi * hue)
    one, zero = torch.ones_like(cos), torch.zeros_like(cos)
    turn = torch.stack([torch.stack([one, zero, zero], 1), torch.stack([zero, cos, -sin], 1),
                        torch.stack([zero, sin, cos], 1)], 1)  # (N, 3, 3)
    matrix = back @ turn @ to
    return torch.einsum("nij,njhw->nihw", matrix, x).clamp(0, 1)
