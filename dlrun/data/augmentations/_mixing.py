"""Mixup (Zhang et al. 2017) and CutMix (Yun et al. 2019): rows of a batch mixed with the rows before them."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlrun.data.batches import Mix


def make_mix(mixup: float, cutmix: float, classes: int) -> Mix:
    """What mixes a batch by one share of Beta(alpha, alpha), drawn on the host; with both, one of them by a coin.

    Rows come in a random order, so that of each the one before it is a random one.  Targets become the shares of
    `classes`, (rows, classes); numbers (0 classes) are mixed as they are.
    """
    def mix(x: Tensor, y: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng(seed)
        pasted = bool(cutmix) and (not mixup or rng.random() < 0.5)
        alpha = cutmix if pasted else mixup
        share = float(rng.beta(alpha, alpha))  # of a row itself
        other = x.roll(1, 0)
        if pasted:
            x, share = _pasted(x, other, share, rng)
        else:
            x = share * x + (1 - share) * other
        y = F.one_hot(y, classes).to(x.dtype) if classes else y
        return x, share * y + (1 - share) * y.roll(1, 0)

    return mix


def _pasted(x: Tensor, other: Tensor, share: float, rng: np.random.Generator) -> tuple[Tensor, float]:
    """A rectangle of the other picture, around a random pixel, in each; the share that is left of the first."""
    height, width = x.shape[2:]
    side = np.sqrt(1 - share)
    middle = rng.integers(height), rng.integers(width)
    (top, bottom), (left, right) = (
        (max(0, int(at - size * side / 2)), min(size, int(at + size * side / 2)))
        for at, size in zip(middle, (height, width)))
    x = x.clone(memory_format=torch.preserve_format)
    x[:, :, top:bottom, left:right] = other[:, :, top:bottom, left:right]
    return x, 1 - (bottom - top) * (right - left) / (height * width)
