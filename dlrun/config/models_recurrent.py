"""The schema of the families for sequences: recurrent nets and one-dimensional convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.model_words import ACTIVATIONS, INIT_DOC, INITS, RECURRENT_ACTIVATIONS, RECURRENT_INITS
from dlrun.config.schema.fields import choice, flag, integer, integers, number, text

EMBED_DOC = "length of the vector learned for each token; only for tokens"
VECTORS_DOC = "file of GloVe or word2vec vectors (text, or .gz) that the embedding begins with; null: none"
FREEZE_DOC = "whether the embedding stays as it begins"
MASK_DOC = "skip padded positions, as Keras's mask_zero does (the books read them as tokens)"
SPATIAL_DOC = "share of the input's channels dropped, each at all positions"
OUTPUT_DOC = "share of units dropped after the last recurrent layer and after each hidden layer"
DROPOUT_DOC = "share of each recurrent layer's inputs dropped, one mask for all time steps"
RECURRENT_DROPOUT_DOC = "share of the state dropped before each recurrent product, one mask for all time steps"
CELL_DOC = ("keras: the books' Keras 2 cells, with any activation and recurrent dropout; fast: PyTorch's fused ones, "
            "sigmoid gates: on a CPU 1.3 to 2 times as fast")


@dataclass(frozen=True)
class Recurrent:
    """Recurrent layers on tokens (embedded first) or series, then dense ones.

    Targets of one value each are read from the last state, targets at each position from the state there.
    `cell` says which mathematics: Keras 2's, with which the books were made, has hard-sigmoid gates and resets the
    GRU before its recurrent product.
    """

    kind: ClassVar[str] = "recurrent"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    layer: str = choice("lstm", ("lstm", "gru", "rnn"), "kind of the recurrent layers")
    units: tuple[int, ...] = integers((32,), "units of each recurrent layer, first to last", low=1, scalar=True)
    embed: int = integer(32, EMBED_DOC, low=1)
    vectors: str | None = text(None, VECTORS_DOC)
    freeze: bool = flag(False, FREEZE_DOC)
    mask: bool = flag(False, MASK_DOC)
    bidirectional: str = choice("none", ("none", "concat", "sum"), "read from both ends, and how both merge")
    reversed: bool = flag(False, "read the sequence from its end")
    stateful: bool = flag(False, "carry states over from batch to batch until the epoch ends")
    context: bool = flag(False, "per-position targets through one vector: encoder, repeat, decoder, each of `units`")
    decoder_dropout: bool = flag(True, "dropout and recurrent_dropout in the decoder too; false: in the encoder alone")
    dropout: float = number(0.0, DROPOUT_DOC, low=0, high=1, below=True)
    recurrent_dropout: float = number(0.0, RECURRENT_DROPOUT_DOC, low=0, high=1, below=True)
    spatial_dropout: float = number(0.0, SPATIAL_DOC, low=0, high=1, below=True)
    output_dropout: float = number(0.0, OUTPUT_DOC, low=0, high=1, below=True)
    hidden: tuple[int, ...] = integers((), "units of the dense layers before the output", low=1, scalar=True,
                                       empty=True)
    hidden_activation: str = choice("relu", ACTIVATIONS, "activation of the dense layers")
    activation: str = choice("tanh", RECURRENT_ACTIVATIONS, "of the recurrent layers' candidate and output")
    recurrent_activation: str | None = choice(
        None, RECURRENT_ACTIVATIONS, "of the gates; null: hard_sigmoid as in Keras 2, sigmoid where the cell is fast")
    reset_after: bool | None = flag(None, "GRU: reset after the recurrent product; null: false as in Keras 2, true "
                                          "where the cell is fast")
    cell: str = choice("keras", ("keras", "fast"), CELL_DOC)
    unit_forget_bias: bool = flag(True, "LSTM: whether the forget gate's biases start at 1")
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    recurrent_init: str | None = choice(None, RECURRENT_INITS, "initial recurrent weights; null: orthogonal")


@dataclass(frozen=True)
class Conv1d:
    """Blocks of one convolution over positions each, with poolings between them (Chollet, 6.4).

    After the last block comes a pooling over all positions, or recurrent layers where `recurrent` has units.
    """

    kind: ClassVar[str] = "conv1d"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    filters: tuple[int, ...] = integers((32, 32), "filters of each block", low=1, scalar=True)
    kernel: tuple[int, ...] = integers((7,), "width of the windows: one, or one for each block", low=1, scalar=True)
    pool: int = integer(5, "width of the poolings between blocks; 0 is no pooling", low=0)
    padding: str = choice("same", ("same", "valid", "causal"), "same keeps the length; the books have valid")
    activation: str = choice("relu", ACTIVATIONS, "activation of the convolutions and hidden layers")
    global_pool: str = choice("max", ("max", "average", "none"), "what is taken of all positions; none flattens")
    recurrent: tuple[int, ...] = integers((), "units of recurrent layers that read the last block's output", low=1,
                                          scalar=True, empty=True)
    layer: str = choice("gru", ("lstm", "gru", "rnn"), "kind of the recurrent layers")
    cell: str = choice("keras", ("keras", "fast"), CELL_DOC)
    recurrent_dropout: float = number(0.0, RECURRENT_DROPOUT_DOC, low=0, high=1, below=True)
    embed: int = integer(32, EMBED_DOC, low=1)
    vectors: str | None = text(None, VECTORS_DOC)
    freeze: bool = flag(False, FREEZE_DOC)
    spatial_dropout: float = number(0.0, SPATIAL_DOC, low=0, high=1, below=True)
    dropout: float = number(0.0, "share of the recurrent layers' inputs, and of units after each hidden layer, dropped",
                            low=0, high=1, below=True)
    hidden: tuple[int, ...] = integers((), "units of the dense layers before the output", low=1, scalar=True,
                                       empty=True)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
