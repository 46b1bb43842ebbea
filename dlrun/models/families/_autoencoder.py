"""What all autoencoders share, variational ones too: fields, and an encoder that the decoder mirrors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, flag, integer, integers, number
from dlrun.models.choices import ACTIVATIONS, INIT_DOC, INITS
from dlrun.models.composite_model import CompositeModel
from dlrun.models.composite_spec import NetworkSpec
from dlrun.models.families._composite import (
    NORM_DOC,
    OUTPUT_DOC,
    OUTPUTS,
    activated,
    kernel,
    listed,
    output_of,
    part_list,
    split_output_activation,
    units_of,
    upsample_block,
)
from dlrun.models.families._lists import flat, per_block, shaped
from dlrun.models.layer import Layer
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.transposed_conv import TransposedConv
from dlrun.models.plan import output_shape, shape_text
from dlrun.models.shapes import Shape


@dataclass(frozen=True)
class AutoencoderModel(CompositeModel):
    """What all autoencoders have.

    A block is dense or convolution, batch norm, activation, dropout, in this order.  The decoder mirrors the encoder.
    """

    code: int = integer(16, "length of the latent code between encoder and decoder", low=1)
    activation: str = choice("relu", ACTIVATIONS, "activation of all layers but the code and the output")
    output: str = choice("auto", OUTPUTS, OUTPUT_DOC)
    dropout: float = number(0.0, "share of values dropped after each block", low=0, high=1, below=True)
    batch_norm: bool = flag(False, "batch normalisation in each block, before its activation")
    norm_momentum: float = number(0.99, NORM_DOC, low=0, high=1)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on the kernels of the blocks, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on the kernels of the blocks, added to the loss", low=0)
    encoder: tuple[Any, ...] | None = part_list("encoder")
    decoder: tuple[Any, ...] | None = part_list("decoder")

    def encoder_body(self, shape: Shape) -> list[Layer]:
        """The encoder's layers before the latent code, from the keys that describe them."""
        raise NotImplementedError

    def decoder_body(self, shape: Shape) -> list[Layer]:
        """The encoder mirrored, widths and filters from last to first, up to values of `shape`."""
        raise NotImplementedError

    def encoder_spec(self, shape: Shape, latent: Sequence[Layer] = ()) -> NetworkSpec:
        """The encoder, ended by the layers `latent` where it is not given as a list."""
        if self.encoder is not None:
            return listed(self.encoder, "model.encoder", self.code, self.init, shape, None)
        return NetworkSpec((*self.encoder_body(shape), *latent), shape)

    def decoder_spec(self, shape: Shape, latent: Shape, values: str) -> NetworkSpec:
        """The decoder of latent codes of shape `latent` to rows of `shape`, which lie in `values`."""
        if self.decoder is not None:
            return split_output_activation(
                listed(self.decoder, "model.decoder", units_of(shape), self.init, latent, shape))
        return NetworkSpec(tuple(self.decoder_body(shape)), latent, output_of(self.output, values))

    def block(self, layer: Dense | Conv | TransposedConv) -> list[Layer]:
        """A block of the model, of which the layer is the first."""
        return activated(layer, self, self.batch_norm, self.dropout)

    def dense_blocks(self, widths: Sequence[int]) -> list[Layer]:
        """A block of dense layers for each width."""
        return [layer for units in widths for layer in self.block(Dense(units, **kernel(self)))]


@dataclass(frozen=True)
class DenseAutoencoder(AutoencoderModel):
    """Dense layers to the code and back; images are flattened and come out as images."""

    hidden: tuple[int, ...] = integers((128, 64), "units of the encoder's layers before the code; may be []", low=1,
                                       scalar=True, empty=True)

    def encoder_body(self, shape: Shape) -> list[Layer]:
        return [*flat(shape), *self.dense_blocks(self.hidden)]

    def decoder_body(self, shape: Shape) -> list[Layer]:
        return [*self.dense_blocks(self.hidden[::-1]), Dense(prod(shape), init=self.init), *shaped(shape)]


@dataclass(frozen=True)
class ConvAutoencoder(AutoencoderModel):
    """The blocks of the decoder are transposed convolutions, or with `upsample` repetitions and convolutions."""

    filters: tuple[int, ...] = integers((32, 64), "filters of the encoder's convolutions", low=1, scalar=True)
    kernel: tuple[int, ...] = integers((3,), "side of the kernels: one, or one for each convolution", low=1,
                                       scalar=True)
    stride: tuple[int, ...] = integers((2,), "stride: one, or one for each convolution", low=1, scalar=True)
    upsample: bool = flag(False, "the decoder repeats pixels and convolves, in place of transposed convolutions")
    hidden: tuple[int, ...] = integers((), "units of dense layers between the convolutions and the code", low=1,
                                       scalar=True, empty=True)

    def encoder_body(self, shape: Shape) -> list[Layer]:
        layers: list[Layer] = []
        for filters, side, stride in self._convolutions(shape):
            layers += self.block(Conv(filters, (side,), (stride,), "same", **kernel(self)))
        return [*layers, *flat((1, 1)), *self.dense_blocks(self.hidden)]

    def decoder_body(self, shape: Shape) -> list[Layer]:
        blocks = self._convolutions(shape)
        small = output_shape([Conv(f, (k,), (s,), "same") for f, k, s in blocks], shape)
        layers = [*self.dense_blocks(self.hidden[::-1]), Dense(prod(small), init=self.init), *shaped(small)]
        for place in range(len(blocks) - 1, 0, -1):
            _, side, stride = blocks[place]
            before, convolution = upsample_block(blocks[place - 1][0], side, stride, self.upsample, **kernel(self))
            layers += [*before, *self.block(convolution)]
        _, side, stride = blocks[0]
        before, convolution = upsample_block(shape[0], side, stride, self.upsample, init=self.init)
        return [*layers, *before, convolution]

    def _convolutions(self, shape: Shape) -> list[tuple[int, int, int]]:
        """(filters, kernel, stride) of each convolution; ConfigError where they do not fit the image."""
        if len(shape) != 3:
            raise problem(self.given, f"its convolutions expect images; the data set's rows are {shape_text(shape)}; "
                                      f"try  model={'vae' if self.natural_task == 'vae' else 'autoencoder'}")
        kernels, strides = per_block(self, ("kernel", "stride"))
        if any(side % prod(strides) for side in shape[1:]):
            raise problem(f"model.stride={list(self.stride)}", f"the strides shrink the image {prod(strides)} times; "
                                                               f"{shape_text(shape)} is not divisible by that")
        return list(zip(self.filters, kernels, strides))
