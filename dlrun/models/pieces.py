"""What the families of several networks share: blocks, parts written as lists, ends.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

from dlrun.config.models_generative import Coder, Rivals
from dlrun.config.models_sequence_coder import LstmAutoencoder
from dlrun.config.problem import problem
from dlrun.models.blueprint import Stage
from dlrun.models.families import resolve
from dlrun.models.layer import Layer, Weighted
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.leaky_relu import LeakyRelu
from dlrun.models.layers.reshape import Reshape
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.layers.upsample import Upsample
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, shown
from dlrun.models.shapes import Shape

OUTPUT_OF = {"unit": "sigmoid", "symmetric": "tanh", "any": "linear"}


def output_of(cfg: Coder | LstmAutoencoder | Rivals, values: str) -> str:
    """The function of the last values for data that lie in `values`: "unit", "symmetric" or "any"."""
    return OUTPUT_OF[values] if cfg.output == "auto" else cfg.output


def kernel(cfg: Coder | Rivals) -> dict[str, Any]:
    return {"init": cfg.init, "l1": cfg.l1, "l2": cfg.l2}


def activated(layer: Dense | Conv | TransposedConv, cfg: Coder | Rivals, norm: bool, dropout: float) -> list[Layer]:
    """The layer, batch norm, the config's activation, dropout; what is not wanted is left out."""
    after: list[Layer] = [Dropout(dropout)] if dropout else []
    if not norm:
        return [replace(layer, activation=cfg.activation), *after]
    function: list[Layer] = [] if cfg.activation == "linear" else [Activation(cfg.activation)]
    return [layer, BatchNorm(cfg.norm_momentum), *function, *after]


def judging(layer: Dense | Conv, cfg: Rivals) -> list[Layer]:
    """A layer of a discriminator: leaky relu and dropout after it, no batch norm."""
    return [layer, LeakyRelu(cfg.slope), *([Dropout(cfg.dropout)] if cfg.dropout else [])]


def enlarging(filters: int, side: int, stride: int, upsample: bool, **kernel: Any) -> tuple[list[Layer], Any]:
    """What makes an image `stride` times as large: layers before, and the convolution that ends it."""
    if not upsample:
        return [], TransposedConv(filters, (side,), (stride,), "same", **kernel)
    return [Upsample((stride,))] if stride > 1 else [], Conv(filters, (side,), (1,), "same", **kernel)


def flat(shape: Shape) -> list[Layer]:
    return [Flatten()] if len(shape) > 1 else []


def shaped(shape: Shape) -> list[Layer]:
    return [Reshape(shape)] if len(shape) > 1 else []


def written(items: Sequence[Any], key: str, cfg: Coder | LstmAutoencoder | Rivals, input_shape: Shape,
            goal: Shape | None) -> Stage:
    """A part that is given as a list of layers; "out" is as many units as it has to give, of a series at each position.

    Raises ConfigError where it does not end with `goal` (None: with any vector).
    """
    if goal is None:
        units = cfg.units[-1] if isinstance(cfg, LstmAutoencoder) else getattr(cfg, "code", 1)
    else:
        units = goal[0] if len(goal) == 2 else prod(goal)
    layers = resolve(parse(items, key), units, cfg.init)
    found = output_shape(layers, input_shape)
    wrong = len(found) != 1 if goal is None else found != goal
    if wrong:
        wanted = "one vector" if goal is None else shown(goal)
        raise problem(f"{key}[{len(items) - 1}]", f"the last layer gives {shown(found)}, {wanted} is wanted")
    return Stage(tuple(layers), input_shape)


def parted(stage: Stage) -> Stage:
    """The stage with a sigmoid at its end kept apart from its layers."""
    last = stage.layers[-1]
    if isinstance(last, Activation) and last.function == "sigmoid":
        return replace(stage, layers=stage.layers[:-1], end="sigmoid")
    if isinstance(last, Weighted) and last.activation == "sigmoid":
        return replace(stage, layers=(*stage.layers[:-1], replace(last, activation="linear")), end="sigmoid")
    return stage
