"""The family ``lstm_autoencoder``: a sentence or a series through one vector and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, file, flag, integer, integers, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import INIT_DOC, INITS, RECURRENT_ACTIVATIONS, RECURRENT_INITS
from dlrun.models.composite_model import CompositeModel
from dlrun.models.composite_spec import CompositeSpec, NetworkSpec
from dlrun.models.families._composite import (
    OUTPUT_DOC,
    OUTPUTS,
    listed,
    output_of,
    part_list,
    split_output_activation,
    units_of,
)
from dlrun.models.families._sequence import (
    CELL_DOC,
    CELLS,
    DROPOUT_DOC,
    RECURRENT_DROPOUT_DOC,
    SPATIAL_DOC,
    recurrent_layer,
    spatially_dropped,
)
from dlrun.models.layer import Layer
from dlrun.models.layers.embedding import Embedding
from dlrun.models.layers.repeat import Repeat
from dlrun.models.layers.time_distributed import TimeDistributed
from dlrun.models.shapes import Shape
from dlrun.registry import register

_UNITS_DOC = "units of the encoder's recurrent layers; the last gives the code, and the decoder mirrors them"
_SHARED = ("bidirectional", "activation", "dropout", "recurrent_dropout", "cell", "init", "recurrent_init")


@register("model", "lstm_autoencoder")
@dataclass(frozen=True)
class LstmAutoencoder(CompositeModel):
    """Recurrent autoencoder of sequences: a sentence or a series through one vector of 64 and back.

    That vector stands at each position for the decoder.  Of series the values come back, of tokens their vectors
    (Gulli & Pal, ch. 7).  Those stay as they begin, random or from a file: vectors that were learned with the rest
    would all become one.
    """

    natural_task: ClassVar[str] = "reconstruct"
    wirings: ClassVar[tuple[str, ...]] = ("autoencoder", "token_autoencoder")
    suggests: ClassVar[Mapping[str, Any]] = {"dataset": "digits_rows", "batch_size": 32}
    layer: str = choice("lstm", CELLS, "kind of the recurrent layers")
    units: tuple[int, ...] = integers((64,), _UNITS_DOC, low=1, scalar=True)
    bidirectional: str = choice("sum", ("none", "concat", "sum"), "read from both ends, and how both merge; concat "
                                                                  "makes the code twice as long")
    head: bool = flag(True, "a dense layer at each position ends the decoder; false: its last recurrent layer has as "
                            "many units as there are values (sizes up to 1, or 2 where both ways are summed)")
    output: str = choice("auto", OUTPUTS, "with head: " + OUTPUT_DOC)
    embed: int = integer(50, "length of each token's vector; only for tokens", low=1)
    vectors: str | None = file(None, "file of GloVe or word2vec vectors (text, or .gz) of the tokens; null: random "
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

    def check_inputs(self, data_spec: DatasetSpec) -> None:
        found = {"image": "'s rows are images", "table": " is a table"}.get(data_spec.input_kind)
        if found is not None:
            rows = ", or read an image row by row:  dataset=digits_rows" if data_spec.input_kind == "image" else ""
            raise problem(self.given, f"it expects sequences (tokens or series); the data set{found}; try  "
                                      f"model=autoencoder{rows}")

    def composite(self, data_spec: DatasetSpec, values: str) -> CompositeSpec:
        """Encoder and decoder of a series; of tokens with a part "embedding" before them, whose vectors stay."""
        if data_spec.input_kind == "series":
            if self.vectors:
                raise problem(f"model.vectors={self.vectors}", "only tokens have vectors; the data set is a series of "
                                                               f"{data_spec.input_shape[0]} features")
            return CompositeSpec("autoencoder", self._coders(data_spec.input_shape, values))
        embedding = NetworkSpec((Embedding(self.embed, data_spec.vocabulary, init="unit_uniform", frozen=True,
                                           vectors=self.vectors, zero=data_spec.padding == 0),), data_spec.input_shape)
        coders = self._coders((self.embed, data_spec.input_shape[0]), "any")
        return CompositeSpec("token_autoencoder", {"embedding": embedding, **coders})

    def latent_outside_unit(self) -> str:
        return "" if self.encoder is not None else (
            "its code has to lie in [0, 1], a recurrent layer's does not: task.sparsity=l1, or  model.encoder  as a "
            "list that ends so")

    def _coders(self, shape: Shape, values: str) -> dict[str, NetworkSpec]:
        if self.encoder is not None:
            encoder = listed(self.encoder, "model.encoder", self.units[-1], self.init, shape, None)
        else:
            encoder = NetworkSpec((*spatially_dropped(self.spatial_dropout), *self._stack(self.units[:-1], every=True),
                                   *self._stack(self.units[-1:], every=False)), shape)
        latent = encoder.output_shape
        if self.decoder is not None:
            decoder = split_output_activation(
                listed(self.decoder, "model.decoder", units_of(shape), self.init, latent, shape))
        else:
            decoder = self._decoder(latent, shape, values)
        return {"encoder": encoder, "decoder": decoder}

    def _decoder(self, latent: Shape, shape: Shape, values: str) -> NetworkSpec:
        features, length = shape
        mirrored = self.units[::-1]
        if self.head:
            layers = (*self._stack(mirrored, every=True), TimeDistributed(features, init=self.init))
            return NetworkSpec((Repeat(length), *layers), latent, output_of(self.output, values))
        if self.bidirectional == "concat":
            raise problem("model.head=false", f"both ways side by side give twice the {features} values that are "
                                              "needed:  model.bidirectional=sum, or none")
        if self.output not in ("auto", "linear"):
            raise problem(f"model.output={self.output}", "it is the head's; the recurrent layer has  model.activation")
        return NetworkSpec((Repeat(length), *self._stack((*mirrored[:-1], features), every=True)), latent)

    def _stack(self, widths: Sequence[int], every: bool) -> list[Layer]:
        fields: dict[str, Any] = {name: getattr(self, name) for name in _SHARED}
        return [recurrent_layer(self.layer, units, return_sequences=every, **fields) for units in widths]
