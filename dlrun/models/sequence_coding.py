"""The recurrent autoencoder: from a typed config and a signature to a blueprint.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dlrun.config.models_sequence_coder import LstmAutoencoder
from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.blueprint import Blueprint, Stage
from dlrun.models.layer import Layer
from dlrun.models.layers.embedding import Embedding
from dlrun.models.layers.repeat import Repeat
from dlrun.models.layers.spatial_dropout import SpatialDropout
from dlrun.models.layers.time_distributed import TimeDistributed
from dlrun.models.pieces import output_of, parted, written
from dlrun.models.recurrent_families import KINDS, checked
from dlrun.models.shapes import Shape


def lstm_autoencoder(cfg: LstmAutoencoder, data_spec: DatasetSpec, values: str) -> Blueprint:
    """Encoder and decoder of a series; of tokens with a part "embedding" before them, whose vectors stay."""
    if data_spec.input_kind == "series":
        if cfg.vectors:
            raise problem(f"model.vectors={cfg.vectors}", "only tokens have vectors; the data set is a series of "
                          f"{data_spec.input_shape[0]} features")
        return Blueprint("autoencoder", _coders(cfg, data_spec.input_shape, values))
    embedding = Stage((Embedding(cfg.embed, data_spec.vocabulary, init="unit_uniform", frozen=True,
                                 vectors=cfg.vectors, zero=data_spec.padding == 0),), data_spec.input_shape)
    coders = _coders(cfg, (cfg.embed, data_spec.input_shape[0]), "any")
    return Blueprint("token_autoencoder", {"embedding": embedding, **coders})


def _coders(cfg: LstmAutoencoder, shape: Shape, values: str) -> dict[str, Stage]:
    encoder = Stage(_encoder(cfg), shape)
    if cfg.encoder is not None:
        encoder = written(cfg.encoder, "model.encoder", cfg, shape, None)
    if cfg.decoder is not None:
        decoder = parted(written(cfg.decoder, "model.decoder", cfg, encoder.output_shape, shape))
    else:
        decoder = _decoder(cfg, encoder.output_shape, shape, values)
    return {"encoder": encoder, "decoder": decoder}


def _encoder(cfg: LstmAutoencoder) -> tuple[Layer, ...]:
    before: list[Layer] = [SpatialDropout(cfg.spatial_dropout)] if cfg.spatial_dropout else []
    return (*before, *_stack(cfg, cfg.units[:-1], every=True), *_stack(cfg, cfg.units[-1:], every=False))


def _decoder(cfg: LstmAutoencoder, code: Shape, shape: Shape, values: str) -> Stage:
    features, length = shape
    mirrored = cfg.units[::-1]
    if cfg.head:
        layers = (*_stack(cfg, mirrored, every=True), TimeDistributed(features, init=cfg.init))
        return Stage((Repeat(length), *layers), code, output_of(cfg, values))
    if cfg.bidirectional == "concat":
        raise problem("model.head=false", f"both ways side by side give twice the {features} values that are wanted:  "
                                          "model.bidirectional=sum, or none")
    if cfg.output not in ("auto", "linear"):
        raise problem(f"model.output={cfg.output}", "it is the head's; the recurrent layer has  model.activation")
    return Stage((Repeat(length), *_stack(cfg, (*mirrored[:-1], features), every=True)), code)


def _stack(cfg: LstmAutoencoder, widths: Sequence[int], every: bool) -> list[Layer]:
    fields: dict[str, Any] = {
        name: getattr(cfg, name)
        for name in ("bidirectional", "activation", "dropout", "recurrent_dropout", "cell", "init", "recurrent_init")}
    return [checked(KINDS[cfg.layer](units, return_sequences=every, **fields)) for units in widths]
