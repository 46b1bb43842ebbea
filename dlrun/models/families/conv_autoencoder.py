"""The family ``conv_autoencoder``."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.models.families._autoencoder import ConvAutoencoder as ConvBlocks
from dlrun.models.families._latent import PlainAutoencoder
from dlrun.registry import register


@register("model", "conv_autoencoder")
@dataclass(frozen=True)
class ConvAutoencoder(PlainAutoencoder, ConvBlocks):
    """Convolutional autoencoder: 32 and 64 filters with stride 2, a code of 16, and back."""
