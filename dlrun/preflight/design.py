"""The layers of a configuration for data of a signature; no torch, so that it is checked before a start."""

from __future__ import annotations

from typing import Any

from dlrun.config.models import GENERATIVE
from dlrun.config.models_baseline import BASELINES
from dlrun.config.models_generative import values_of
from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.groups import Custom
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.blueprint import Blueprint
from dlrun.models.families import layers_of
from dlrun.models.generative import BLUEPRINTS, blueprint_of
from dlrun.models.plan import plan


def design(config: Config, data_spec: DatasetSpec) -> tuple[list[Any] | None, Blueprint | None]:
    """The list of layers, or the blueprint of several networks; neither for a baseline or a class of the user's own.

    Raises ConfigError where model, task and data do not go together.
    """
    kind = config.task.kind
    if config.model.kind not in BLUEPRINTS and config.task.wirings:
        fitting = " or ".join(model.kind for model in GENERATIVE if model.task == kind)
        raise problem(f"task={kind}", f"it trains model={fitting}; task=auto finds what "
                                      f"model={config.model.name or config.model.kind} learns from this data")
    if isinstance(config.model, Custom):
        return None, None
    if isinstance(config.model, BASELINES):
        why = config.model.unfit(config.task, data_spec)
        if why:
            raise problem(f"model={config.model.name or config.model.kind}", why)
        return None, None
    if config.model.kind in BLUEPRINTS:
        values = values_of(config.dataset, data_spec.input_kind)
        blueprint = blueprint_of(config.model, data_spec, values)
        if blueprint.wiring not in config.task.wirings:
            raise problem(f"task={kind}", f"model={config.model.name or config.model.kind} is trained with "
                                          f"task={config.model.task}")
        wrong = list(config.task.network_clashes(blueprint, config.model, config.optimizer, values))
        if wrong:
            raise ConfigError(wrong)
        return None, blueprint
    layers = layers_of(config.model, data_spec, config.task.width(data_spec))
    plan(layers, data_spec.input_shape)
    return layers, None
