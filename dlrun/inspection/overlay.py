"""Rows as pictures for people, and maps of numbers laid over them."""

from __future__ import annotations

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from dlrun.inspection.subject import Subject
from dlrun.record.heat import coloured

STRONG = 0.6  # share of the colour where a map is highest


def as_rgb(pixels: Tensor) -> np.ndarray:
    """Pictures of pixels in [0, 1] as uint8 (N, 3, height, width); of other than three channels the first is grey."""
    if pixels.shape[1] != 3:
        pixels = pixels[:, :1].expand(-1, 3, -1, -1)
    found: np.ndarray = (pixels.detach().clamp(0, 1) * 255).round().byte().numpy()
    return found


def shown_pictures(subject: Subject, x: Tensor) -> np.ndarray:
    """Rows as the network sees them as uint8 (N, 3, height, width)."""
    return as_rgb(subject.pixels(x))


def overlaid(pictures: np.ndarray, heat: Tensor) -> np.ndarray:
    """Maps (N, h, w) >= 0, each up to its highest value, in colour over pictures uint8 (N, 3, height, width)."""
    large = F.interpolate(heat[:, None], pictures.shape[-2:], mode="bilinear", align_corners=False)
    share = (large / large.amax((2, 3), keepdim=True).clamp_min(1e-12)).clamp(0, 1).numpy()
    colours = coloured(share[:, 0], 0.0, 1.0, "turbo")
    mixed = pictures * (1 - STRONG * share) + colours * (STRONG * share)
    found: np.ndarray = mixed.round().astype(np.uint8)
    return found
