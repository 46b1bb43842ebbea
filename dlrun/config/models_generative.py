"""Schemas of the families that are several networks: autoencoders, variational autoencoders, GANs.

Each part is shorthand (widths, filters) or, where the key of its name is given, a list of layers as in
`model=sequential`.  In such a list ``dense: out`` has as many units as the part has to give, and a sigmoid at the end
of a decoder or a discriminator may be written as the books do: the losses take the values before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.model_words import ACTIVATIONS, INIT_DOC, INITS
from dlrun.config.schema.fields import choice, flag, integer, integers, layers, number, text

OUTPUTS = ("auto", "sigmoid", "tanh", "linear")
OUTPUT_DOC = "function of the last values; auto: sigmoid for data in [0, 1], tanh for data in [-1, 1], else linear"
_NORM_DOC = "share of the old average that batch norm keeps at each step"


def part_list(part: str) -> Any:
    return layers(None, f"the {part} as a list of layers, in place of the keys that describe it")


@dataclass(frozen=True)
class Coder:
    """What all autoencoders have.

    A block is dense or convolution, batch norm, activation, dropout, in this order.  The decoder mirrors the encoder.
    """

    task: ClassVar[str] = "reconstruct"  # the word of configs/task that task=auto stands for
    name: str = text("", "name of the model's file in configs/model", identity=False)
    code: int = integer(16, "length of the code between encoder and decoder", low=1)
    activation: str = choice("relu", ACTIVATIONS, "activation of all layers but the code and the output")
    output: str = choice("auto", OUTPUTS, OUTPUT_DOC)
    dropout: float = number(0.0, "share of values dropped after each block", low=0, high=1, below=True)
    batch_norm: bool = flag(False, "batch normalisation in each block, before its activation")
    norm_momentum: float = number(0.99, _NORM_DOC, low=0, high=1)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on the kernels of the blocks, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on the kernels of the blocks, added to the loss", low=0)
    encoder: tuple[Any, ...] | None = part_list("encoder")
    decoder: tuple[Any, ...] | None = part_list("decoder")


@dataclass(frozen=True)
class _Plain(Coder):
    """A code without noise; of `keep` values, a k-sparse one."""

    code_activation: str = choice("linear", ACTIVATIONS, "activation of the code")
    keep: int | None = integer(None, "values of the code that stay, the largest; null: all (a k-sparse code)", low=1)


@dataclass(frozen=True)
class _Dense(Coder):
    hidden: tuple[int, ...] = integers((128, 64), "units of the encoder's layers before the code; may be []", low=1,
                                       scalar=True, empty=True)


@dataclass(frozen=True)
class _Conv(Coder):
    """The blocks of the decoder are transposed convolutions, or with `upsample` repetitions and convolutions."""

    filters: tuple[int, ...] = integers((32, 64), "filters of the encoder's convolutions", low=1, scalar=True)
    kernel: tuple[int, ...] = integers((3,), "side of the kernels: one, or one for each convolution", low=1,
                                       scalar=True)
    stride: tuple[int, ...] = integers((2,), "stride: one, or one for each convolution", low=1, scalar=True)
    upsample: bool = flag(False, "the decoder repeats pixels and convolves, in place of transposed convolutions")
    hidden: tuple[int, ...] = integers((), "units of dense layers between the convolutions and the code", low=1,
                                       scalar=True, empty=True)


@dataclass(frozen=True)
class Autoencoder(_Plain, _Dense):
    """Fully connected encoder, code, decoder; images are flattened and come out as images."""

    kind: ClassVar[str] = "autoencoder"


@dataclass(frozen=True)
class ConvAutoencoder(_Plain, _Conv):
    """Convolutions down to the code and transposed ones back."""

    kind: ClassVar[str] = "conv_autoencoder"


@dataclass(frozen=True)
class Vae(_Dense):
    """A variational autoencoder of dense layers: the encoder gives mean and log variance of a normal code."""

    kind: ClassVar[str] = "vae"
    task: ClassVar[str] = "vae"
    code: int = integer(2, "length of the code", low=1)


@dataclass(frozen=True)
class ConvVae(_Conv):
    """A variational autoencoder of convolutions."""

    kind: ClassVar[str] = "conv_vae"
    task: ClassVar[str] = "vae"
    code: int = integer(2, "length of the code", low=1)


@dataclass(frozen=True)
class Rivals:
    """What all GANs have: a generator and a discriminator."""

    name: str = text("", "name of the model's file in configs/model", identity=False)
    task: str = choice("adversarial", ("adversarial", "wgan", "wgan_gp", "lsgan"), "what task=auto stands for",
                       identity=False)
    latent: int = integer(100, "length of the random vector that a sample is made from", low=1)
    prior: str = choice("normal", ("normal", "uniform"), "what its values are drawn from; uniform is -1 to 1")
    activation: str = choice("relu", ACTIVATIONS, "activation of the generator's layers")
    slope: float = number(0.2, "slope of the discriminator's leaky relus where x < 0; 0 is relu", low=0)
    output: str = choice("auto", OUTPUTS, "the generator's " + OUTPUT_DOC)
    dropout: float = number(0.5, "share of values dropped after each layer of the discriminator", low=0, high=1,
                            below=True)
    batch_norm: bool = flag(True, "batch normalisation in the generator, before each activation but the last")
    norm_momentum: float = number(0.9, _NORM_DOC, low=0, high=1)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on the kernels of hidden layers, added to their player's loss", low=0)
    l2: float = number(0.0, "L2 penalty on the kernels of hidden layers, added to their player's loss", low=0)
    generator: tuple[Any, ...] | None = part_list("generator")
    discriminator: tuple[Any, ...] | None = part_list("discriminator")


@dataclass(frozen=True)
class Gan(Rivals):
    """Two networks of dense layers, for images and tables alike."""

    kind: ClassVar[str] = "gan"
    generator_hidden: tuple[int, ...] = integers((128, 256), "units of the generator's hidden layers", low=1,
                                                 scalar=True, empty=True)
    discriminator_hidden: tuple[int, ...] = integers((256, 128), "units of the discriminator's hidden layers", low=1,
                                                     scalar=True, empty=True)


@dataclass(frozen=True)
class Dcgan(Rivals):
    """Two convolutional networks.

    The generator doubles its image once for each of its filters, so that 2 of them start from 7 x 7 for 28 x 28.
    The discriminator has a stride of 2 in each convolution.
    """

    kind: ClassVar[str] = "dcgan"
    generator_filters: tuple[int, ...] = integers((64, 32), "channels before each doubling", low=1, scalar=True)
    discriminator_filters: tuple[int, ...] = integers((32, 64), "filters of its convolutions", low=1, scalar=True)
    kernel: int = integer(4, "side of all kernels; a multiple of the stride 2 leaves no checkerboard", low=1)
    upsample: bool = flag(False, "the generator repeats pixels and convolves, in place of transposed convolutions")


def values_of(dataset: Any, input_kind: str) -> str:
    """Where the inputs of a data set's config lie: "unit" [0, 1], "symmetric" [-1, 1], or "any"."""
    scale = getattr(dataset, "scale", "any")
    if scale == "auto":  # an npz file's
        scale = "unit" if input_kind == "image" else "any"
    return scale if scale in ("unit", "symmetric") else "any"
