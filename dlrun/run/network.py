"""The model of a configuration as a PyTorch module, with its initial weights."""

from __future__ import annotations

from typing import Any

from torch import nn

from dlrun.config.root import Config
from dlrun.config.schema import Custom
from dlrun.data.signature import Signature
from dlrun.models.assembly import assemble_parts
from dlrun.models.blueprint import Blueprint
from dlrun.models.build import build
from dlrun.models.noise import Noise
from dlrun.run.custom import make_custom


def make_network(config: Config, signature: Signature, layers: list[Any] | None, blueprint: Blueprint | None,
                 noise: Noise) -> nn.Module:
    """What `run.design` designed; a class of the user's own is imported and called here."""
    shape = signature.input_shape
    if isinstance(config.model, Custom):
        return make_custom(config.model, shape, config.task.width(signature), config.seed)
    if blueprint is not None:
        return assemble_parts(blueprint, seed=config.seed, noise=noise)
    assert layers is not None
    return build(layers, shape, seed=config.seed, noise=noise)
