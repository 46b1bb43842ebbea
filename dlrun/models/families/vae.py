"""The family ``vae``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import integer
from dlrun.models.families._autoencoder import DenseAutoencoder
from dlrun.models.families._variational import VariationalAutoencoder
from dlrun.registry import register


@register("model", "vae")
@dataclass(frozen=True)
class Vae(VariationalAutoencoder, DenseAutoencoder):
    """Variational autoencoder of dense layers, a code of 2."""

    suggests: ClassVar[Mapping[str, Any]] = {"epochs": 300, "batch_size": 32}
    code: int = integer(2, "length of the code", low=1)
