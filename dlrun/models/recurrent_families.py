"""The families for sequences: from a typed config and a data set's signature to the list of layers.  Pure."""

from __future__ import annotations

import dataclasses
from typing import Any

from dlrun.config import models_recurrent as schema
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.layer import Layer
from dlrun.models.layers.conv1d import Conv1d
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.embedding import Embedding
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.gru import Gru
from dlrun.models.layers.lstm import Lstm
from dlrun.models.layers.pool import Pool
from dlrun.models.layers.repeat import Repeat
from dlrun.models.layers.reverse import Reverse
from dlrun.models.layers.rnn import Rnn
from dlrun.models.layers.spatial_dropout import SpatialDropout
from dlrun.models.layers.time_distributed import TimeDistributed
from dlrun.models.plan import shown
from dlrun.models.recurrent.spec import Recurrent

KINDS: dict[str, type[Recurrent]] = {layer.kind: layer for layer in (Lstm, Gru, Rnn)}


def recurrent(cfg: schema.Recurrent, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    layers = _input(cfg, data_spec, cfg.mask)
    positions = data_spec.target_length
    through = bool(positions) and (cfg.context or positions != data_spec.input_shape[-1])
    if cfg.context and not positions:
        raise problem("model.context=true", "it is for targets at each position; the data set has one for each row")
    each = bool(positions) and not through
    if not cfg.decoder_dropout and not through:
        raise problem("model.decoder_dropout=false", "there is no decoder; model.context=true makes one")
    layers += _stack(cfg, each, cfg.reversed)
    if each and cfg.reversed:
        layers.append(Reverse())  # the states stand beside their positions again
    if through:
        decoder = cfg if cfg.decoder_dropout else dataclasses.replace(cfg, dropout=0.0, recurrent_dropout=0.0)
        layers += [Repeat(positions), *_stack(decoder, each=True, first_reversed=False)]
    return [*layers, *_dropout(cfg.output_dropout), *_head(cfg, cfg.hidden_activation, cfg.output_dropout, positions,
                                                           outputs)]


def conv1d(cfg: schema.Conv1d, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    if data_spec.target_length:
        raise problem(_name(cfg), "conv1d gives one output for each row; the data set has targets at each position: "
                      "try  model=lstm")
    if len(cfg.kernel) not in (1, len(cfg.filters)):
        raise problem(f"model.kernel={list(cfg.kernel)}", f"one integer is wanted, or {len(cfg.filters)}, one for each "
                      f"of filters={list(cfg.filters)}")
    layers = _input(cfg, data_spec, mask=False)
    widths = cfg.kernel * len(cfg.filters) if len(cfg.kernel) == 1 else cfg.kernel
    for block, (filters, width) in enumerate(zip(cfg.filters, widths)):
        if block and cfg.pool:
            layers.append(Pool((cfg.pool,)))
        layers.append(Conv1d(filters, (width,), padding=cfg.padding, activation=cfg.activation, init=cfg.init))
    if cfg.recurrent:
        for number, units in enumerate(cfg.recurrent, 1):
            layers.append(checked(KINDS[cfg.layer](
                units, return_sequences=number < len(cfg.recurrent), dropout=cfg.dropout, cell=cfg.cell,
                recurrent_dropout=cfg.recurrent_dropout, init=cfg.init)))
    else:
        layers.append(Flatten() if cfg.global_pool == "none" else GlobalPool(cfg.global_pool))
    return [*layers, *_head(cfg, cfg.activation, cfg.dropout, 0, outputs)]


def _input(cfg: schema.Recurrent | schema.Conv1d, data_spec: DatasetSpec, mask: bool) -> list[Layer]:
    """The embedding of tokens; nothing for series.  ConfigError for what is no sequence, saying what fits."""
    if data_spec.input_kind == "tokens":
        embedding = Embedding(cfg.embed, data_spec.vocabulary, mask_zero=mask, frozen=cfg.freeze, vectors=cfg.vectors)
        return [embedding, *_spatial(cfg.spatial_dropout)]
    if data_spec.input_kind != "series":
        found, fits = f"a table of {data_spec.input_shape[0]} features", "model=dense"
        if data_spec.input_kind == "image":
            found = f"images of {shown(data_spec.input_shape)}"
            fits = "model=cnn, or read an image row by row:  dataset=digits_rows"
        raise problem(_name(cfg), f"{cfg.name or cfg.kind} wants sequences (tokens or series); the data set is "
                      f"{found}; try  {fits}")
    wrong = [Problem(f"model.{key}={_typed(value)}", "only tokens are embedded; the data set is a series of "
                     f"{data_spec.input_shape[0]} features")
             for key, value in (("vectors", cfg.vectors), ("mask", mask), ("freeze", cfg.freeze)) if value]
    if wrong:
        raise ConfigError(wrong)
    return _spatial(cfg.spatial_dropout)


def _stack(cfg: schema.Recurrent, each: bool, first_reversed: bool) -> list[Layer]:
    """The recurrent layers; all but the last give sequences, and with `each` the last does too."""
    owns: dict[str, dict[str, Any]] = {
        "lstm": {"unit_forget_bias": cfg.unit_forget_bias}, "gru": {"reset_after": cfg.reset_after}, "rnn": {}}
    return [checked(KINDS[cfg.layer](
        units, return_sequences=each or number < len(cfg.units), bidirectional=cfg.bidirectional,
        reversed=first_reversed and number == 1, stateful=cfg.stateful, activation=cfg.activation,
        recurrent_activation=cfg.recurrent_activation, dropout=cfg.dropout, recurrent_dropout=cfg.recurrent_dropout,
        cell=cfg.cell, init=cfg.init, recurrent_init=cfg.recurrent_init, **owns[cfg.layer]))
        for number, units in enumerate(cfg.units, 1)]


def checked(layer: Recurrent) -> Recurrent:
    """The layer; raises ConfigError for keys of the model that do not go together in it."""
    wrong = [Problem(f"model.{field}={_typed(getattr(layer, field))}",
                     wanted.replace("cell ", "model.cell=").replace("cell: ", "model.cell="))
             for field, wanted in layer.wrong()]
    if wrong:
        raise ConfigError(wrong)
    return layer


def _head(cfg: schema.Recurrent | schema.Conv1d, activation: str, rate: float, positions: int,
          outputs: int) -> list[Layer]:
    """Hidden layers and the output, linear; at each position where the targets are."""
    kind: Any = TimeDistributed if positions else Dense
    hidden = [layer for units in cfg.hidden for layer in (kind(units, activation=activation, init=cfg.init),
                                                          *_dropout(rate))]
    return [*hidden, kind(outputs, init=cfg.init)]


def _dropout(rate: float) -> list[Layer]:
    return [Dropout(rate)] if rate else []


def _spatial(rate: float) -> list[Layer]:
    return [SpatialDropout(rate)] if rate else []


def _typed(value: object) -> str:
    """A value as it is typed on the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(cfg: schema.Recurrent | schema.Conv1d) -> str:
    return f"model={cfg.name or cfg.kind}"
