"""The model of a configuration as a PyTorch module, with its initial weights."""

from __future__ import annotations

from typing import Any

from torch import nn

from dlrun.config.kfold import own_seed
from dlrun.config.models_baseline import BASELINES
from dlrun.config.root import Config
from dlrun.config.schema import Custom
from dlrun.data.signature import Signature
from dlrun.models.assembly import assemble_parts
from dlrun.models.baselines import make_baseline
from dlrun.models.blueprint import Blueprint
from dlrun.models.build import build
from dlrun.models.noise import Noise
from dlrun.run.custom import make_custom


def make_network(config: Config, signature: Signature, layers: list[Any] | None, blueprint: Blueprint | None,
                 noise: Noise) -> nn.Module:
    """What `run.design` designed; a class of the user's own is imported and called here."""
    shape, seed = signature.input_shape, own_seed(config)
    if isinstance(config.model, Custom):
        return make_custom(config.model, shape, config.task.width(signature), seed)
    if isinstance(config.model, BASELINES):
        return make_baseline(config.model, config.task.width(signature), signature.target_length, noise)
    if blueprint is not None:
        return assemble_parts(blueprint, seed=seed, noise=noise)
    assert layers is not None
    return build(layers, shape, seed=seed, noise=noise)
