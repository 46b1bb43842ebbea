"""The model of a configuration as a PyTorch module, with its initial weights."""

from __future__ import annotations

from torch import nn

from dlrun.assembly.custom import make_custom
from dlrun.config.schema.groups import Custom
from dlrun.config.schema.kfold import own_seed
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Network
from dlrun.models.step_rng import StepRng


def make_network(config: Config, data_spec: DatasetSpec, network: Network, rng: StepRng) -> nn.Module:
    """What `preflight.design` designed; a user's class is imported and called here."""
    outputs, seed = config.task.width(data_spec), own_seed(config)
    if isinstance(config.model, Custom):
        return make_custom(config.model, data_spec.input_shape, outputs, seed)
    module: nn.Module = config.model.build(network, data_spec, outputs, seed, rng)
    return module
