"""The family ``autoencoder``."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.models.families._autoencoder import DenseAutoencoder
from dlrun.models.families._latent import PlainAutoencoder
from dlrun.registry import register


@register("model", "autoencoder")
@dataclass(frozen=True)
class Autoencoder(PlainAutoencoder, DenseAutoencoder):
    """Dense autoencoder: 128 and 64 units down to a code of 16, and back.

    Images are flattened and come out as images.
    """
