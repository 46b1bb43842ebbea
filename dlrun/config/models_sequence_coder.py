"""The schema of the recurrent autoencoder: a sentence or a series through one vector and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.model_words import INIT_DOC, INITS, RECURRENT_ACTIVATIONS, RECURRENT_INITS
from dlrun.config.models_generative import OUTPUT_DOC, OUTPUTS, part_list
from dlrun.config.models_recurrent import CELL_DOC, DROPOUT_DOC, RECURRENT_DROPOUT_DOC, SPATIAL_DOC
from dlrun.config.schema.fields import choice, flag, integer, integers, number, text

_UNITS_DOC = "units of the encoder's recurrent layers; the last gives the code, and the decoder mirrors them"


@dataclass(frozen=True)
class LstmAutoencoder:
    """Recurrent layers down to one vector, the code; that vector at each position, and recurrent layers back.

    Of series the values come back, of tokens their vectors (Gulli & Pal, ch. 7).  Those stay as they begin, random or
    from a file: vectors that were learned with the rest would all become one.
    """

    kind: ClassVar[str] = "lstm_autoencoder"
    task: ClassVar[str] = "reconstruct"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    layer: str = choice("lstm", ("lstm", "gru", "rnn"), "kind of the recurrent layers")
    units: tuple[int, ...] = integers((64,), _UNITS_DOC, low=1, scalar=True)
    bidirectional: str = choice("sum", ("none", "concat", "sum"), "read from both ends, and how both merge; concat "
                                                                  "makes the code twice as long")
    head: bool = flag(True, "a dense layer at each position ends the decoder; false: its last recurrent layer has as "
                            "many units as there are values (sizes up to 1, or 2 where both ways are summed)")
    output: str = choice("auto", OUTPUTS, "with head: " + OUTPUT_DOC)
    embed: int = integer(50, "length of each token's vector; only for tokens", low=1)
    vectors: str | None = text(None, "file of GloVe or word2vec vectors (text, or .gz) of the tokens; null: random "
                                     "ones, -1 to 1; padding has zeros")
    dropout: float = number(0.0, DROPOUT_DOC, low=0, high=1, below=True)
    recurrent_dropout: float = number(0.0, RECURRENT_DROPOUT_DOC, low=0, high=1, below=True)
    spatial_dropout: float = number(0.0, SPATIAL_DOC, low=0, high=1, below=True)
    activation: str = choice("tanh", RECURRENT_ACTIVATIONS, "of the recurrent layers' candidate and output")
    cell: str = choice("keras", ("keras", "fast"), CELL_DOC)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)
    recurrent_init: str | None = choice(None, RECURRENT_INITS, "initial recurrent weights; null: orthogonal")
    encoder: tuple[Any, ...] | None = part_list("encoder")
    decoder: tuple[Any, ...] | None = part_list("decoder")
