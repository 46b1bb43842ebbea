"""What the families of several networks share: blocks, parts written as lists, last functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any, Protocol

from dlrun.config.problem import problem
from dlrun.config.schema.fields import layers
from dlrun.models.composite_spec import NetworkSpec
from dlrun.models.layer import Layer, Weighted
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.layers.upsample import Upsample
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, shape_text
from dlrun.models.resolve import resolve
from dlrun.models.shapes import Shape

OUTPUTS = ("auto", "sigmoid", "tanh", "linear")
OUTPUT_DOC = "function of the last values; auto: sigmoid for data in [0, 1], tanh for data in [-1, 1], else linear"
NORM_DOC = "share of the old average that batch norm keeps at each step"
OUTPUT_OF = {"unit": "sigmoid", "symmetric": "tanh", "any": "linear"}


class _Kernels(Protocol):
    """What is said of all kernels of a model."""

    @property
    def init(self) -> str: ...
    @property
    def l1(self) -> float: ...
    @property
    def l2(self) -> float: ...


class _Blocks(Protocol):
    """What its blocks have."""

    @property
    def activation(self) -> str: ...
    @property
    def norm_momentum(self) -> float: ...


def part_list(part: str) -> Any:
    """The field that gives a part as a list of layers."""
    return layers(None, f"the {part} as a list of layers, in place of the keys that describe it")


def output_of(output: str, values: str) -> str:
    """The function of the last values for data that lie in `values`: "unit", "symmetric" or "any"."""
    return OUTPUT_OF[values] if output == "auto" else output


def kernel(model: _Kernels) -> dict[str, Any]:
    """What the model says of the kernels of its blocks."""
    return {"init": model.init, "l1": model.l1, "l2": model.l2}


def activated(layer: Dense | Conv | TransposedConv, model: _Blocks, norm: bool, dropout: float) -> list[Layer]:
    """The layer, batch norm, the model's activation, dropout, each where it has them."""
    after: list[Layer] = [Dropout(dropout)] if dropout else []
    if not norm:
        return [replace(layer, activation=model.activation), *after]
    function: list[Layer] = [] if model.activation == "linear" else [Activation(model.activation)]
    return [layer, BatchNorm(model.norm_momentum), *function, *after]


def upsample_block(filters: int, side: int, stride: int, upsample: bool, **kernel: Any) -> tuple[list[Layer], Any]:
    """What makes an image `stride` times as large: layers before, and the convolution that ends it."""
    if not upsample:
        return [], TransposedConv(filters, (side,), (stride,), "same", **kernel)
    return [Upsample((stride,))] if stride > 1 else [], Conv(filters, (side,), (1,), "same", **kernel)


def listed(items: Sequence[Any], key: str, units: int, init: str, input_shape: Shape,
           goal: Shape | None) -> NetworkSpec:
    """A part that is given as a list of layers; "out" is `units`.

    Raises ConfigError where it does not end with `goal` (None: with any vector).
    """
    found = resolve(parse(items, key), units, init)
    end = output_shape(found, input_shape)
    if end != goal if goal is not None else len(end) != 1:
        expected = "one vector" if goal is None else shape_text(goal)
        raise problem(f"{key}[{len(items) - 1}]", f"the last layer gives {shape_text(end)}, expected {expected}")
    return NetworkSpec(tuple(found), input_shape)


def units_of(goal: Shape) -> int:
    """As many units as a part has to give, of a series at each position."""
    return goal[0] if len(goal) == 2 else prod(goal)


def split_output_activation(network: NetworkSpec) -> NetworkSpec:
    """The network with a sigmoid at its end kept apart from its layers."""
    last = network.layers[-1]
    if isinstance(last, Activation) and last.function == "sigmoid":
        return replace(network, layers=network.layers[:-1], end="sigmoid")
    if isinstance(last, Weighted) and last.activation == "sigmoid":
        return replace(network, layers=(*network.layers[:-1], replace(last, activation="linear")), end="sigmoid")
    return network
