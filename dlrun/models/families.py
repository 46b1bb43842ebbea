"""The families: from a typed config and a data set's signature to the list of layers.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from dlrun.config import models as schema
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.layer import Layer, Weighted
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.pool import Pool
from dlrun.models.layers.residual import Residual
from dlrun.models.parse import parse
from dlrun.models.plan import output_shape, shown
from dlrun.models.recurrent_families import conv1d, recurrent


def layers_of(cfg_model: Any, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    """The network of a model's config for this data, complete: it ends with `outputs` values, linear.

    Raises ConfigError where config and data do not go together.
    """
    layers = FAMILIES[cfg_model.kind](cfg_model, data_spec, outputs)
    output_shape(layers, data_spec.input_shape)
    return layers


def dense(cfg: schema.Dense, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    head = Dense(outputs, init=cfg.init, bias_init=cfg.bias_init)
    body = [*_dropout(cfg.input_dropout), *_hidden(cfg, cfg.bias_init)]
    return [*([Flatten()] if len(data_spec.input_shape) > 1 else []), *body, head]


def cnn(cfg: schema.Cnn, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    if len(data_spec.input_shape) != 3:
        other = "lstm or conv1d" if data_spec.input_kind in ("tokens", "series") else "dense"
        raise problem(f"model={cfg.name or cfg.kind}", f"cnn wants images; the data set is {_table(data_spec)}; "
                      f"try  model={other}")
    kernel, stride, pool = _per_block(cfg)
    layers: list[Layer] = []
    for block, filters in enumerate(cfg.filters):
        for number in range(cfg.convs):
            step = stride[block] if number == 0 else 1
            layers += _activated(Conv(filters, (kernel[block],), (step,), cfg.padding, **_kernel(cfg)), cfg)
        if pool[block]:
            layers.append(Pool((pool[block],), take=cfg.pool_kind))
        layers += _dropout(cfg.conv_dropout)
    layers.append(Flatten() if cfg.global_pool == "none" else GlobalPool(cfg.global_pool))
    return [*layers, *_hidden(cfg), Dense(outputs, init=cfg.init)]


def sequential(cfg: schema.Sequential, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    layers = resolve(parse(cfg.layers, "model.layers"), outputs, cfg.init, data_spec.vocabulary)
    if data_spec.target_kind in ENDS:
        layers = _without_end(layers, data_spec.target_kind, outputs)
    end = output_shape(layers, data_spec.input_shape)
    needed = (outputs, data_spec.target_length) if data_spec.target_length else (outputs,)
    if end != needed:
        last = "time_distributed" if data_spec.target_length else "dense"
        raise problem(f"model.layers[{len(cfg.layers) - 1}]",
                      f"the last layer gives {shown(end)}, the task needs {shown(needed)}: end with  - {last}: out")
    return layers


# Final functions that may be written, as the books do, by kind of target; those of numbers belong to the network.
ENDS: dict[str, tuple[str, ...]] = {
    "classes": ("softmax", "sigmoid"), "tokens": ("softmax", "sigmoid"), "labels": ("sigmoid",), "several": ()}

FAMILIES: dict[str, Callable[[Any, DatasetSpec, int], list[Layer]]] = {
    "dense": dense, "cnn": cnn, "sequential": sequential, "recurrent": recurrent, "conv1d": conv1d,
}


def resolve(layers: Sequence[Layer], outputs: int, init: str, vocabulary: int = 0) -> list[Layer]:
    """The layers with "out", the model's init and the data's vocabulary filled in, inner ones too."""
    return [_resolved(layer, outputs, init, vocabulary) for layer in layers]


def _resolved(layer: Layer, outputs: int, init: str, vocabulary: int) -> Layer:
    known: dict[str, Any] = {}
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.name == "units" and value == "out":
            known["units"] = outputs
        elif field.name == "vocabulary" and value == "data":
            if not vocabulary:
                raise problem("embedding.vocabulary=data", "the data set has no tokens; a number is wanted")
            known["vocabulary"] = vocabulary
        elif field.name == "init" and value is None:
            known["init"] = init
        elif field.name == "layers":
            known["layers"] = tuple(resolve(value, outputs, init, vocabulary))
        elif field.name == "branches":
            known["branches"] = tuple(tuple(resolve(branch, outputs, init, vocabulary)) for branch in value)
    return replace(layer, **known)


def _without_end(layers: list[Layer], targets: str, outputs: int) -> list[Layer]:
    """Drops a classifier's final softmax or sigmoid: the losses take logits, where both are exact and stable."""
    last = layers[-1]
    function = getattr(last, "function", getattr(last, "activation", "linear"))
    if function not in ("softmax", "sigmoid"):
        return layers
    if function not in ENDS[targets] or (function == "sigmoid" and outputs > 1 and targets != "labels"):
        said = f"model.layers[{len(layers) - 1}]={function}"
        if targets == "labels":
            raise problem(said, f"the task has {outputs} labels, each for itself: sigmoid, or nothing, is wanted")
        if targets == "several":
            raise problem(said, "the task has several targets, each with its own loss: nothing is wanted")
        raise problem(said, f"the task has {outputs} classes, one for each row: softmax, or nothing, is wanted")
    kept = [replace(last, activation="linear")] if isinstance(last, (Weighted, Residual)) else []
    return [*layers[:-1], *kept]


def _hidden(cfg: schema.Dense | schema.Cnn, bias_init: str = "zeros") -> list[Layer]:
    layers: list[Layer] = []
    for units in cfg.hidden:
        layers += [*_activated(Dense(units, bias_init=bias_init, **_kernel(cfg)), cfg), *_dropout(cfg.dropout)]
    return layers


def _activated(layer: Dense | Conv, cfg: schema.Dense | schema.Cnn) -> list[Layer]:
    """The layer and its activation, with batch norm between them where the config wants it."""
    if not cfg.batch_norm:
        return [replace(layer, activation=cfg.activation)]
    return [layer, BatchNorm(), *([] if cfg.activation == "linear" else [Activation(cfg.activation)])]


def _kernel(cfg: schema.Dense | schema.Cnn) -> dict[str, Any]:
    return {"init": cfg.init, "l1": cfg.l1, "l2": cfg.l2, "max_norm": cfg.max_norm}


def _dropout(rate: float) -> list[Layer]:
    return [Dropout(rate)] if rate else []


def _per_block(cfg: schema.Cnn) -> tuple[tuple[int, ...], ...]:
    blocks, wrong, found = len(cfg.filters), [], []
    for key in ("kernel", "stride", "pool"):
        given = getattr(cfg, key)
        if len(given) not in (1, blocks):
            wrong.append(Problem(f"model.{key}={list(given)}",
                                 f"one integer is wanted, or {blocks}, one for each of filters={list(cfg.filters)}"))
        found.append(given * blocks if len(given) == 1 else given)
    if wrong:
        raise ConfigError(wrong)
    return tuple(found)


def _table(data_spec: DatasetSpec) -> str:
    if data_spec.input_kind == "tokens":
        return f"sequences of {data_spec.input_shape[0]} tokens"
    if len(data_spec.input_shape) == 1:
        return f"a table of {data_spec.input_shape[0]} features"
    return f"of shape {shown(data_spec.input_shape)}"
