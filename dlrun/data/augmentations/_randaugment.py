"""RandAugment (Cubuk et al. 2019), torchvision's: so many operations of a list on each picture."""

from __future__ import annotations

import torch
from torch import Tensor

from dlrun.data.formats.vision import torchvision


def rand_augment(x: Tensor, seed: int, operations: int, magnitude: int) -> Tensor:
    """Pictures (N, 1 or 3, H, W) from 0 to 1; torchvision draws from torch's own generator, which is kept apart."""
    torchvision()
    from torchvision.transforms import v2

    transform = v2.RandAugment(operations, magnitude)
    stored = (x * 255).round().clamp(0, 255).to(torch.uint8).cpu()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        changed = torch.stack([transform(picture) for picture in stored])
    return changed.to(x.device, x.dtype) / 255
