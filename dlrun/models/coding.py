"""Autoencoders and variational autoencoders: from a typed config and a signature to a blueprint.  Pure."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from dlrun.config import models_generative as schema
from dlrun.config.models_baseline import Pca
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.blueprint import Blueprint, Stage
from dlrun.models.layer import Layer
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.k_sparse import KSparse
from dlrun.models.pieces import activated, enlarging, flat, kernel, output_of, parted, shaped, written
from dlrun.models.plan import output_shape, shown
from dlrun.models.shapes import Shape


def autoencoder(cfg: schema.Autoencoder | schema.ConvAutoencoder, data_spec: DatasetSpec, values: str) -> Blueprint:
    shape = data_spec.input_shape
    if cfg.encoder is None:
        code = Dense(cfg.code, activation=cfg.code_activation, init=cfg.init)
        encoder = Stage((*_body(cfg, shape), code), shape)
    else:
        encoder = written(cfg.encoder, "model.encoder", cfg, shape, None)
    if cfg.keep is not None:  # also behind an encoder of one's own
        length, = encoder.output_shape
        if cfg.keep > length:
            raise problem(f"model.keep={cfg.keep}", f"the code has {length} values (model.code)")
        encoder = replace(encoder, layers=(*encoder.layers, KSparse(cfg.keep)))
    return Blueprint("autoencoder", {"encoder": encoder, "decoder": _decoder(cfg, shape, encoder.output_shape, values)})


def vae(cfg: schema.Vae | schema.ConvVae, data_spec: DatasetSpec, values: str) -> Blueprint:
    shape = data_spec.input_shape
    if cfg.encoder is None:
        encoder = Stage(_body(cfg, shape), shape)
    else:
        encoder = written(cfg.encoder, "model.encoder", cfg, shape, None)
    head = Stage((Dense(cfg.code, init=cfg.init),), encoder.output_shape)
    return Blueprint("vae", {"encoder": encoder, "mu": head, "log_var": head,
                             "decoder": _decoder(cfg, shape, (cfg.code,), values)})


def pca(cfg: Pca, data_spec: DatasetSpec, values: str) -> Blueprint:
    """One linear layer to the code and one back; computed, not trained."""
    shape = data_spec.input_shape
    size = prod(shape)
    if cfg.code > size:
        raise problem(f"model.code={cfg.code}", f"a row has {size:,} values, so there are {size:,} components at most")
    return Blueprint("autoencoder", {"encoder": Stage((*flat(shape), Dense(cfg.code)), shape),
                                     "decoder": Stage((Dense(size), *shaped(shape)), (cfg.code,))}, trained=False)


def _body(cfg: schema.Coder, shape: Shape) -> tuple[Layer, ...]:
    """The encoder up to its code."""
    if isinstance(cfg, schema._Conv):
        layers: list[Layer] = []
        for filters, side, stride in _convolutions(cfg, shape):
            convolution = Conv(filters, (side,), (stride,), "same", **kernel(cfg))
            layers += activated(convolution, cfg, cfg.batch_norm, cfg.dropout)
        return (*layers, *flat((1, 1)), *_hidden(cfg, cfg.hidden))
    assert isinstance(cfg, schema._Dense)
    return (*flat(shape), *_hidden(cfg, cfg.hidden))


def _decoder(cfg: schema.Coder, shape: Shape, code: Shape, values: str) -> Stage:
    """The encoder mirrored: its widths and filters from last to first."""
    if cfg.decoder is not None:
        return parted(written(cfg.decoder, "model.decoder", cfg, code, shape))
    end = output_of(cfg, values)
    if not isinstance(cfg, schema._Conv):
        assert isinstance(cfg, schema._Dense)
        last = Dense(prod(shape), init=cfg.init)
        return Stage((*_hidden(cfg, cfg.hidden[::-1]), last, *shaped(shape)), code, end)
    blocks = _convolutions(cfg, shape)
    small = output_shape([Conv(f, (k,), (s,), "same") for f, k, s in blocks], shape)
    layers: list[Layer] = [*_hidden(cfg, cfg.hidden[::-1]), Dense(prod(small), init=cfg.init), *shaped(small)]
    for number in range(len(blocks) - 1, -1, -1):
        _, side, stride = blocks[number]
        if number:
            before, convolution = enlarging(blocks[number - 1][0], side, stride, cfg.upsample, **kernel(cfg))
            layers += [*before, *activated(convolution, cfg, cfg.batch_norm, cfg.dropout)]
        else:
            before, convolution = enlarging(shape[0], side, stride, cfg.upsample, init=cfg.init)
            layers += [*before, convolution]
    return Stage(tuple(layers), code, end)


def _hidden(cfg: schema.Coder, widths: tuple[int, ...]) -> list[Layer]:
    return [layer for units in widths
            for layer in activated(Dense(units, **kernel(cfg)), cfg, cfg.batch_norm, cfg.dropout)]


def _convolutions(cfg: schema._Conv, shape: Shape) -> list[tuple[int, int, int]]:
    """(filters, kernel, stride) of each convolution; ConfigError where they do not fit the image."""
    if len(shape) != 3:
        raise problem(f"model={cfg.name or cfg.kind}",  # type: ignore[attr-defined]
                      f"its convolutions want images; the data set's rows are {shown(shape)}; "
                      f"try  model={'vae' if cfg.task == 'vae' else 'autoencoder'}")
    count, wrong, per = len(cfg.filters), [], []
    for key in ("kernel", "stride"):
        given: tuple[int, ...] = getattr(cfg, key)
        if len(given) not in (1, count):
            wrong.append(Problem(f"model.{key}={list(given)}", f"one integer is wanted, or {count}, one for each of "
                                                               f"filters={list(cfg.filters)}"))
        per.append(given * count if len(given) == 1 else given)
    if wrong:
        raise ConfigError(wrong)
    if any(side % prod(per[1]) for side in shape[1:]):
        raise problem(f"model.stride={list(cfg.stride)}",
                      f"the strides shrink the image {prod(per[1])} times; {shown(shape)} is not divisible by that")
    return list(zip(cfg.filters, *per))
