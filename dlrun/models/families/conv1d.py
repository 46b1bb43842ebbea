"""The family ``conv1d``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, file, flag, integer, integers, number
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS, INIT_DOC, INITS
from dlrun.models.families._lists import per_block
from dlrun.models.families._sequence import (
    CELL_DOC,
    CELLS,
    EMBED_DOC,
    FREEZE_DOC,
    RECURRENT_DROPOUT_DOC,
    SPATIAL_DOC,
    VECTORS_DOC,
    head,
    input_layers,
    recurrent_layer,
)
from dlrun.models.layer import Layer
from dlrun.models.layers.conv1d import Conv1d as Conv1dLayer
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.global_pool import GlobalPool
from dlrun.models.layers.pool import Pool
from dlrun.models.model import ListModel
from dlrun.registry import register


@register("model", "conv1d")
@dataclass(frozen=True)
class Conv1d(ListModel):
    """One-dimensional convolutions on tokens or a series: two blocks of 32 filters of width 7, then the largest values.

    Poolings stand between the blocks (Chollet, 6.4).  After the last block comes a pooling over all positions, or
    recurrent layers where `recurrent` has units.
    """

    suggests: ClassVar[Mapping[str, Any]] = {"dataset": "digits_rows"}
    filters: tuple[int, ...] = integers((32, 32), "filters of each block", low=1, scalar=True)
    kernel: tuple[int, ...] = integers((7,), "width of the windows: one, or one for each block", low=1, scalar=True)
    pool: int = integer(5, "width of the poolings between blocks; 0 is no pooling", low=0)
    padding: str = choice("same", ("same", "valid", "causal"), "same keeps the length; the books have valid")
    activation: str = choice("relu", ACTIVATIONS, "activation of the convolutions and hidden layers")
    global_pool: str = choice("max", ("max", "average", "none"), "what is taken of all positions; none flattens")
    recurrent: tuple[int, ...] = integers((), "units of recurrent layers that read the last block's output", low=1,
                                          scalar=True, empty=True)
    layer: str = choice("gru", CELLS, "kind of the recurrent layers")
    cell: str = choice("keras", ("keras", "fast"), CELL_DOC)
    recurrent_dropout: float = number(0.0, RECURRENT_DROPOUT_DOC, low=0, high=1, below=True)
    embed: int = integer(32, EMBED_DOC, low=1)
    vectors: str | None = file(None, VECTORS_DOC)
    freeze: bool = flag(False, FREEZE_DOC)
    spatial_dropout: float = number(0.0, SPATIAL_DOC, low=0, high=1, below=True)
    dropout: float = number(0.0, "share of the recurrent layers' inputs, and of units after each hidden layer, dropped",
                            low=0, high=1, below=True)
    hidden: tuple[int, ...] = integers((), "units of the dense layers before the output", low=1, scalar=True,
                                       empty=True)
    init: str = choice("glorot_uniform", INITS, INIT_DOC)

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        if data_spec.target_length:
            raise problem(self.given, "conv1d gives one output for each row; the data set has targets at each "
                                      "position: try  model=lstm")
        widths, = per_block(self, ("kernel",))
        layers = input_layers(self, data_spec, mask=False)
        for block, (filters, width) in enumerate(zip(self.filters, widths)):
            if block and self.pool:
                layers.append(Pool((self.pool,)))
            layers.append(Conv1dLayer(filters, (width,), padding=self.padding, activation=self.activation,
                                      init=self.init))
        for place, units in enumerate(self.recurrent, 1):
            layers.append(recurrent_layer(
                self.layer, units, return_sequences=place < len(self.recurrent), dropout=self.dropout,
                cell=self.cell, recurrent_dropout=self.recurrent_dropout, init=self.init))
        if not self.recurrent:
            layers.append(Flatten() if self.global_pool == "none" else GlobalPool(self.global_pool))
        return [*layers, *head(self, self.activation, self.dropout, 0, outputs)]
