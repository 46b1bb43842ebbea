"""The family ``recurrent``: what ``model=lstm``, ``gru`` and ``rnn`` choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, file, flag, integer, integers, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS, INIT_DOC, INITS, RECURRENT_ACTIVATIONS, RECURRENT_INITS
from dlrun.models.families._lists import dropped
from dlrun.models.families._sequence import (
    CELL_DOC,
    CELLS,
    DROPOUT_DOC,
    EMBED_DOC,
    FREEZE_DOC,
    MASK_DOC,
    OUTPUT_DOC,
    RECURRENT_DROPOUT_DOC,
    SPATIAL_DOC,
    VECTORS_DOC,
    head,
    input_layers,
    recurrent_layer,
)
from dlrun.models.layer import Layer
from dlrun.models.layers.repeat import Repeat
from dlrun.models.layers.reverse import Reverse
from dlrun.models.model import ListModel
from dlrun.registry import register


@register("model", "recurrent")
@dataclass(frozen=True)
class Recurrent(ListModel):
    """Recurrent layers on tokens (embedded first) or series, then dense ones: lstm, gru or rnn by `layer`.

    Targets of one value each are read from the last state, targets at each position from the state there.
    `cell` says which mathematics: Keras 2's, with which the books were made, has hard-sigmoid gates and resets the
    GRU before its recurrent product.
    """

    suggests: ClassVar[Mapping[str, Any]] = {"dataset": "digits_rows"}
    layer: str = choice("lstm", CELLS, "kind of the recurrent layers")
    units: tuple[int, ...] = integers((32,), "units of each recurrent layer, first to last", low=1, scalar=True)
    embed: int = integer(32, EMBED_DOC, low=1)
    vectors: str | None = file(None, VECTORS_DOC)
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

    def stateful_key(self) -> str:
        return "model.stateful" if self.stateful else ""

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        layers = input_layers(self, data_spec, self.mask)
        positions = data_spec.target_length
        through = bool(positions) and (self.context or positions != data_spec.input_shape[-1])
        if self.context and not positions:
            raise problem("model.context=true", "it is for targets at each position; the data set has one for each row")
        each = bool(positions) and not through
        if not self.decoder_dropout and not through:
            raise problem("model.decoder_dropout=false", "there is no decoder; model.context=true makes one")
        layers += self._stack(each, self.reversed)
        if each and self.reversed:
            layers.append(Reverse())  # the states stand beside their positions again
        if through:
            decoder = self if self.decoder_dropout else replace(self, dropout=0.0, recurrent_dropout=0.0)
            layers += [Repeat(positions), *decoder._stack(each=True, first_reversed=False)]
        return [*layers, *dropped(self.output_dropout),
                *head(self, self.hidden_activation, self.output_dropout, positions, outputs)]

    def _stack(self, each: bool, first_reversed: bool) -> list[Layer]:
        """The recurrent layers; all but the last give sequences, and with `each` the last does too."""
        owns: dict[str, dict[str, Any]] = {
            "lstm": {"unit_forget_bias": self.unit_forget_bias}, "gru": {"reset_after": self.reset_after}, "rnn": {}}
        return [recurrent_layer(
            self.layer, units, return_sequences=each or place < len(self.units), bidirectional=self.bidirectional,
            reversed=first_reversed and place == 1, stateful=self.stateful, activation=self.activation,
            recurrent_activation=self.recurrent_activation, dropout=self.dropout,
            recurrent_dropout=self.recurrent_dropout, cell=self.cell, init=self.init,
            recurrent_init=self.recurrent_init, **owns[self.layer]) for place, units in enumerate(self.units, 1)]
