"""GANs: from a typed config and a signature to a blueprint.  Pure."""

from __future__ import annotations

from math import prod

from dlrun.config import models_generative as schema
from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.blueprint import Blueprint, Stage
from dlrun.models.layer import Layer
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.flatten import Flatten
from dlrun.models.pieces import activated, enlarging, flat, judging, kernel, output_of, parted, shaped, written
from dlrun.models.plan import shown
from dlrun.models.shapes import Shape


def gan(cfg: schema.Gan, data_spec: DatasetSpec, values: str) -> Blueprint:
    shape = data_spec.input_shape
    making: list[Layer] = []
    for units in cfg.generator_hidden:
        making += activated(Dense(units, **kernel(cfg)), cfg, cfg.batch_norm, 0.0)
    making += [Dense(prod(shape), init=cfg.init), *shaped(shape)]
    telling: list[Layer] = flat(shape)
    for units in cfg.discriminator_hidden:
        telling += judging(Dense(units, **kernel(cfg)), cfg)
    return _players(cfg, shape, values, making, telling)


def dcgan(cfg: schema.Dcgan, data_spec: DatasetSpec, values: str) -> Blueprint:
    shape = data_spec.input_shape
    if len(shape) != 3:
        raise problem(f"model={cfg.name or cfg.kind}",
                      f"its convolutions want images; the data set's rows are {shown(shape)}; try  model=gan")
    making = _doublings(cfg, shape) if cfg.generator is None else []
    telling: list[Layer] = []
    for filters in cfg.discriminator_filters:
        telling += judging(Conv(filters, (cfg.kernel,), (2,), "same", **kernel(cfg)), cfg)
    return _players(cfg, shape, values, making, [*telling, Flatten()])


def _doublings(cfg: schema.Dcgan, shape: Shape) -> list[Layer]:
    """From a small image that a dense layer makes, doubled once for each of the filters."""
    filters, times = cfg.generator_filters, 2 ** len(cfg.generator_filters)
    if any(side % times for side in shape[1:]):
        raise problem(f"model.generator_filters={list(filters)}",
                      f"{len(filters)} doublings make the image {times} times as large; {shown(shape)} is not "
                      f"divisible by that")
    start = (filters[0], *(side // times for side in shape[1:]))
    norm = cfg.batch_norm
    layers = [*activated(Dense(prod(start), **kernel(cfg)), cfg, norm, 0.0), *shaped(start)]
    for channels in filters[1:]:
        before, convolution = enlarging(channels, cfg.kernel, 2, cfg.upsample, **kernel(cfg))
        layers += [*before, *activated(convolution, cfg, norm, 0.0)]
    before, convolution = enlarging(shape[0], cfg.kernel, 2, cfg.upsample, init=cfg.init)
    return [*layers, *before, convolution]


def _players(cfg: schema.Rivals, shape: Shape, values: str, making: list[Layer], telling: list[Layer]) -> Blueprint:
    """Both networks, each from its list of layers where the config gives one.

    The generator's last function is a layer of its own; a discriminator ends with a score, whose sigmoid is the
    probability that a row has label 1.
    """
    latent = (cfg.latent,)
    if cfg.generator is not None:
        generator = written(cfg.generator, "model.generator", cfg, latent, shape)
    else:
        end = output_of(cfg, values)
        generator = Stage((*making, *([] if end == "linear" else [Activation(end)])), latent)
    if cfg.discriminator is not None:
        discriminator = parted(written(cfg.discriminator, "model.discriminator", cfg, shape, (1,)))
    else:
        discriminator = Stage((*telling, Dense(1, init=cfg.init)), shape)
    return Blueprint("gan", {"generator": generator, "discriminator": discriminator}, cfg.prior)
