"""Changes of numbers that lie in no picture: noise, dropped values, shifts and gaps in time."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def noisy(x: Tensor, std: float, generator: Generator) -> Tensor:
    """With Gaussian noise on each number."""
    return x + std * torch.randn(x.shape, generator=generator, device=generator.device).to(x.device)


def dropped(x: Tensor, probability: float, generator: Generator) -> Tensor:
    """With 0 in place of some numbers, each with this probability."""
    draws = torch.rand(x.shape, generator=generator, device=generator.device).to(x.device)
    return x.masked_fill(draws < probability, 0)


def shifted(x: Tensor, most: int, generator: Generator) -> Tensor:
    """Series (N, features, length), each moved by up to `most` steps either way; what enters repeats the end."""
    length = x.shape[2]
    draws = torch.rand(len(x), generator=generator, device=generator.device).to(x.device)
    steps = (draws * (2 * most + 1)).long().clamp_(max=2 * most) - most
    places = (torch.arange(length, device=x.device) - steps[:, None]).clamp(0, length - 1)  # (N, length)
    return x.gather(2, places[:, None].expand_as(x))


def masked(x: Tensor, most: int, generator: Generator, features: bool = False) -> Tensor:
    """Series (N, features, length) with 0 in a stretch of up to `most` steps, or of features (SpecAugment)."""
    size = x.shape[1 if features else 2]
    draws = torch.rand(len(x), 2, generator=generator, device=generator.device).to(x.device)
    wide = (draws[:, 0] * (most + 1)).floor()
    first = (draws[:, 1] * (size - wide + 1)).floor()
    places = torch.arange(size, device=x.device)
    gap = (places >= first[:, None]) & (places < (first + wide)[:, None])
    return x.masked_fill(gap[:, :, None] if features else gap[:, None], 0)


def words_dropped(x: Tensor, probability: float, stand_in: int, kept: tuple[int, ...], generator: Generator) -> Tensor:
    """Ids (N, length) with `stand_in` for some, each with this probability; ids of `kept` stay."""
    draws = torch.rand(x.shape, generator=generator, device=generator.device).to(x.device)
    gone = draws < probability
    for number in kept:
        gone &= x != number
    return x.masked_fill(gone, stand_in)
