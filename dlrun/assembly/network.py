"""The model of a configuration as a PyTorch module, with its initial weights."""

from __future__ import annotations

from typing import Any

from torch import nn

from dlrun.assembly.custom import make_custom
from dlrun.config.models_baseline import BASELINES
from dlrun.config.schema.groups import Custom
from dlrun.config.schema.kfold import own_seed
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.assembly import assemble_parts
from dlrun.models.baselines import make_baseline
from dlrun.models.blueprint import Blueprint
from dlrun.models.build import build
from dlrun.models.step_rng import StepRng


def make_network(config: Config, data_spec: DatasetSpec, layers: list[Any] | None, blueprint: Blueprint | None,
                 rng: StepRng) -> nn.Module:
    """What `run.design` designed; a class of the user's own is imported and called here."""
    shape, seed = data_spec.input_shape, own_seed(config)
    if isinstance(config.model, Custom):
        return make_custom(config.model, shape, config.task.width(data_spec), seed)
    if isinstance(config.model, BASELINES):
        return make_baseline(config.model, config.task.width(data_spec), data_spec.target_length, rng)
    if blueprint is not None:
        return assemble_parts(blueprint, seed=seed, rng=rng)
    assert layers is not None
    return build(layers, shape, seed=seed, rng=rng)
