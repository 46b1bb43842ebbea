"""What is generated with a trained model: what is asked for, and pictures from latent vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from dlrun.config.problem import problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.models.composite import Gan, Vae, latents, sample

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class GenerateOptions:
    """What is asked of `Task.generate`; a task reads those that mean something to it.

    `prompt` is what a text begins with, `tokens` how many follow, drawn at `temperature` (0: the most likely one).
    `count` pictures are made; with `between` each is a line of so many, from one latent vector to another.
    """

    prompt: str = ""
    tokens: int = 300
    temperature: float = 0.8
    seed: int = 0
    count: int = 36
    between: int = 0


@dataclass(frozen=True)
class Pictures:
    """Generated pictures (rows, channels, height, width), shown in so many columns (None: as a square)."""

    values: np.ndarray
    columns: int | None = None


Generated = str | Pictures


def pictures(model: nn.Module, state: Mapping[str, Any], options: GenerateOptions) -> Pictures:
    """Pictures of latent vectors that are drawn from the prior of a GAN or a VAE; ConfigError for rows of a table."""
    assert isinstance(model, (Gan, Vae))
    if preprocessing.data_spec(dict(state)).input_kind != "image":
        raise problem("generate", "this run's rows are those of a table, and no pictures")
    generator = torch.Generator().manual_seed(options.seed)
    z = latents(options.count, model, generator)
    if options.between > 1:
        z = on_the_way(z, latents(options.count, model, generator), options.between)
    return Pictures(sample(model, z).float().numpy(), options.between if options.between > 1 else None)


def on_the_way(first: Tensor, last: Tensor, count: int) -> Tensor:
    """`count` vectors at equal distances from each of `first` (rows, ...) to that of `last`, both included, (rows *
    count, ...)."""
    shares = torch.linspace(0, 1, count, device=first.device).view(1, -1, *(1 for _ in first.shape[1:]))
    return (first[:, None] + shares * (last - first)[:, None]).flatten(0, 1)
