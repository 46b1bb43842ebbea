"""The family ``conv_vae``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import integer
from dlrun.models.families._autoencoder import ConvAutoencoder
from dlrun.models.families._variational import VariationalAutoencoder
from dlrun.registry import register


@register("model", "conv_vae")
@dataclass(frozen=True)
class ConvVae(VariationalAutoencoder, ConvAutoencoder):
    """Variational autoencoder of convolutions, 32 and 64 filters with stride 2, a code of 2."""

    suggests: ClassVar[Mapping[str, Any]] = {"epochs": 100, "batch_size": 32}
    code: int = integer(2, "length of the code", low=1)
