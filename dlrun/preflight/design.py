"""The network of a configuration for data of a spec; no torch, so that it is checked before a start."""

from __future__ import annotations

from typing import Any, cast

from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.kinds import DatasetKind
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.model import Network
from dlrun.registry import kinds


def design(config: Config, data_spec: DatasetSpec) -> Network:
    """The list of layers or the composite spec; None for a baseline or a user's class.

    Raises ConfigError where model, task and data do not go together.
    """
    model, task = config.model, config.task
    if task.wirings and not model.wirings:
        fitting = " or ".join(name for name, kind in kinds("model").items() if {*kind.wirings} & {*task.wirings})
        raise problem(f"task={task.kind}", f"it trains model={fitting}; task=auto finds what {model.given} learns from "
                                           "this data")
    why = model.unfit(task, data_spec)
    if why:
        raise problem(model.given, why)
    values = values_of(config.dataset, data_spec.input_kind)
    network: Any = model.network(data_spec, task.width(data_spec), values)
    if model.has_base and (words := tuple(word for phase in config.phases for word in phase.unfreeze)):
        network = model.thawed(network, words)
    if model.wirings:  # a CompositeSpec
        if network.wiring not in task.wirings:
            raise problem(f"task={task.kind}", f"{model.given} is trained with task={model.natural_task}")
        wrong = list(task.network_clashes(network, model, config.optimizer, values))
        if wrong:
            raise ConfigError(wrong)
    return cast(Network, network)


def values_of(dataset: DatasetKind, input_kind: str) -> str:
    """Where the inputs of a data set's config lie: "unit" [0, 1], "symmetric" [-1, 1], or "any"."""
    scale = dataset.scale
    if scale == "auto":  # an npz file's
        scale = "unit" if input_kind == "image" else "any"
    return scale if scale in ("unit", "symmetric") else "any"
