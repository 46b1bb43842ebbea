"""What the dense and the convolutional family share: hidden layers with their activation, batch norm and dropout."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from dlrun.models.families._lists import dropped
from dlrun.models.layer import Layer
from dlrun.models.layers.dense import Dense

if TYPE_CHECKING:
    from dlrun.models.layers.conv import Conv


class _Kernels(Protocol):
    """What is said of all kernels of a model."""

    @property
    def init(self) -> str: ...
    @property
    def l1(self) -> float: ...
    @property
    def l2(self) -> float: ...
    @property
    def max_norm(self) -> float | None: ...


class _Blocks(Protocol):
    """What its hidden layers have."""

    @property
    def activation(self) -> str: ...
    @property
    def batch_norm(self) -> bool: ...


class _Hidden(_Kernels, _Blocks, Protocol):
    """Hidden dense layers."""

    @property
    def hidden(self) -> tuple[int, ...]: ...
    @property
    def dropout(self) -> float: ...


def hidden_layers(model: _Hidden, bias_init: str = "zeros") -> list[Layer]:
    """Dense layers of the model's `hidden` units, each with its activation and dropout."""
    layers: list[Layer] = []
    for units in model.hidden:
        layers += [*activated(Dense(units, bias_init=bias_init, **kernel(model)), model), *dropped(model.dropout)]
    return layers


def activated(layer: Dense | Conv, model: _Blocks) -> list[Layer]:
    """The layer and the model's activation, with batch norm between them where the model has it."""
    if not model.batch_norm:
        return [replace(layer, activation=model.activation)]
    from dlrun.models.layers.batch_norm import BatchNorm

    if model.activation == "linear":
        return [layer, BatchNorm()]
    from dlrun.models.layers.activation import Activation

    return [layer, BatchNorm(), Activation(model.activation)]


def kernel(model: _Kernels) -> dict[str, Any]:
    """What the model says of all its kernels."""
    return {"init": model.init, "l1": model.l1, "l2": model.l2, "max_norm": model.max_norm}
