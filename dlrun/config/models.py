"""The schema of the model families: what `model=` offers and what each word of it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.model_words import ACTIVATIONS, BIAS_INITS, INIT_DOC, INITS, MAX_NORM_DOC
from dlrun.config.models_baseline import BASELINES, Pca
from dlrun.config.models_generative import Autoencoder, ConvAutoencoder, ConvVae, Dcgan, Gan, Vae
from dlrun.config.models_recurrent import Conv1d, Recurrent
from dlrun.config.models_sequence_coder import LstmAutoencoder
from dlrun.config.schema.fields import choice, flag, integer, integers, layers, number, text

__all__ = [
    "ACTIVATIONS", "BIAS_INITS", "GENERATIVE", "INITS", "INIT_DOC", "MAX_NORM_DOC", "MODELS", "Cnn", "Conv1d", "Dense",
    "Recurrent", "Sequential",
]


@dataclass(frozen=True)
class Dense:
    """Fully connected layers; images are flattened first.

    With `batch_norm` a hidden layer is dense, batch norm, activation, dropout, in this order.
    """

    kind: ClassVar[str] = "dense"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    hidden: tuple[int, ...] = integers((128, 128), "units of each hidden layer; [] is softmax regression", low=1,
                                       scalar=True, empty=True)
    activation: str = choice("relu", ACTIVATIONS, "activation of the hidden layers")
    dropout: float = number(0.0, "share of units dropped after each hidden layer", low=0, high=1, below=True)
    input_dropout: float = number(0.0, "share of inputs dropped", low=0, high=1, below=True)
    batch_norm: bool = flag(False, "batch normalisation after each hidden layer, before its activation")
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    bias_init: str = choice("zeros", BIAS_INITS, "initial biases")
    l1: float = number(0.0, "L1 penalty on the hidden layers' weights, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on the hidden layers' weights, added to the loss", low=0)
    max_norm: float | None = number(None, MAX_NORM_DOC, low=0, above=True)


@dataclass(frozen=True)
class Cnn:
    """Blocks of convolutions, each ended by a pooling, and a dense head.

    `kernel`, `stride` and `pool` are one integer for all blocks or one for each.
    A block of several convolutions has its stride on the first of them.
    """

    kind: ClassVar[str] = "cnn"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    filters: tuple[int, ...] = integers((32, 64), "filters of each block", low=1, scalar=True)
    kernel: tuple[int, ...] = integers((3,), "side of the kernels: one, or one for each block", low=1, scalar=True)
    stride: tuple[int, ...] = integers((1,), "stride: one, or one for each block", low=1, scalar=True)
    pool: tuple[int, ...] = integers((2,), "side of the pooling window: one, or one for each block; 0 is no pooling",
                                     low=0, scalar=True)
    convs: int = integer(1, "convolutions in each block", low=1)
    padding: str = choice("same", ("same", "valid"), "same keeps the size of the image, valid shrinks it")
    pool_kind: str = choice("max", ("max", "average"), "what a pooling takes of its window")
    activation: str = choice("relu", ACTIVATIONS, "activation of the convolutions and of the head's hidden layers")
    batch_norm: bool = flag(False, "batch normalisation before each activation")
    conv_dropout: float = number(0.0, "share of values dropped after each block", low=0, high=1, below=True)
    global_pool: str = choice("none", ("none", "average", "max"), "one value per filter instead of flattening")
    hidden: tuple[int, ...] = integers((128,), "units of each hidden layer of the head; may be []", low=1, scalar=True,
                                       empty=True)
    dropout: float = number(0.0, "share of units dropped after each hidden layer of the head", low=0, high=1,
                            below=True)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    l1: float = number(0.0, "L1 penalty on convolutions and hidden layers, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on convolutions and hidden layers, added to the loss", low=0)
    max_norm: float | None = number(None, MAX_NORM_DOC, low=0, above=True)


@dataclass(frozen=True)
class Sequential:
    """A list of layers from YAML, from the first to the one that gives the outputs (``- dense: out``).

    A softmax (or, with one output, a sigmoid) at the end of a classifier may be written as the books do;
    it is left out of the network, because the losses take logits.
    """

    kind: ClassVar[str] = "sequential"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    layers: tuple[Any, ...] = layers(("flatten", {"dense": "out"}), "the layers, first to last")
    init: str = choice("glorot_uniform", INITS, "initial weights of the layers that do not name their own")


GENERATIVE: tuple[Any, ...] = (  # families of several networks
    Autoencoder, ConvAutoencoder, LstmAutoencoder, Vae, ConvVae, Gan, Dcgan, Pca)
MODELS: dict[str, type] = {
    schema.kind: schema for schema in (Dense, Cnn, Sequential, Recurrent, Conv1d, *GENERATIVE, *BASELINES)}
