"""Steps in parts (`optimizer.accumulate`) are those of the whole batch only where no row depends on the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlrun.config.problem import Problem
from dlrun.config.schema.root import Config
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite_spec import CompositeSpec
from dlrun.models.model import Network
from dlrun.models.plan import each


def parts_problems(config: Config, network: Network, data_spec: DatasetSpec) -> Iterator[Problem]:
    """The layer of a network that takes a batch as a whole; a user's class is looked at when it is built."""
    if (mixing := next(_mixing(network, data_spec), "")):
        yield in_parts(config, mixing)


def in_parts(config: Config, mixing: str) -> Problem:
    """The problem of a layer that takes a batch as a whole."""
    return Problem(f"optimizer.accumulate={config.optimizer.accumulate}",
                   f"a batch in parts is another one for {mixing}, which normalises over all its rows; expected 1 (or "
                   "group_norm, layer_norm in its place)")


def _mixing(network: Any, data_spec: DatasetSpec) -> Iterator[str]:
    if isinstance(network, CompositeSpec):
        lists = [(part.layers, part.input_shape) for part in network.parts.values()]
    else:
        lists = [(network or (), data_spec.input_shape)]
    yield from (layer.kind for layers, shape in lists for layer in each(layers, shape) if layer.mixes_rows)
