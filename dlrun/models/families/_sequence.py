"""What the families for sequences share: the sentences of their fields, the input, the recurrent layers, the head."""

from __future__ import annotations

from typing import Any, Protocol

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.families._lists import dropped, typed
from dlrun.models.layer import Layer
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.embedding import Embedding
from dlrun.models.layers.spatial_dropout import SpatialDropout
from dlrun.models.layers.time_distributed import TimeDistributed
from dlrun.models.plan import shape_text
from dlrun.models.recurrent.spec import Recurrent
from dlrun.registry import find

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
CELLS = ("lstm", "gru", "rnn")


class _Embedded(Protocol):
    """A model of sequences, whose tokens are embedded."""

    @property
    def given(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def embed(self) -> int: ...
    @property
    def freeze(self) -> bool: ...
    @property
    def vectors(self) -> str | None: ...
    @property
    def spatial_dropout(self) -> float: ...


class _Ended(Protocol):
    """A model with hidden dense layers before its output."""

    @property
    def hidden(self) -> tuple[int, ...]: ...
    @property
    def init(self) -> str: ...


def input_layers(model: _Embedded, data_spec: DatasetSpec, mask: bool) -> list[Layer]:
    """The embedding of tokens; nothing for series.  ConfigError for what is no sequence, saying what fits."""
    if data_spec.input_kind == "tokens":
        embedding = Embedding(model.embed, data_spec.vocabulary, mask_zero=mask, frozen=model.freeze,
                              vectors=model.vectors)
        return [embedding, *spatially_dropped(model.spatial_dropout)]
    if data_spec.input_kind != "series":
        found, fits = f"a table of {data_spec.input_shape[0]} features", "model=dense"
        if data_spec.input_kind == "image":
            found = f"images of {shape_text(data_spec.input_shape)}"
            fits = "model=cnn, or read an image row by row:  dataset=digits_rows"
        raise problem(model.given, f"{model.name or model.kind} expects sequences (tokens or series); the data set is "
                                   f"{found}; try  {fits}")
    wrong = [Problem(f"model.{key}={typed(value)}", "only tokens are embedded; the data set is a series of "
                     f"{data_spec.input_shape[0]} features")
             for key, value in (("vectors", model.vectors), ("mask", mask), ("freeze", model.freeze)) if value]
    if wrong:
        raise ConfigError(wrong)
    return spatially_dropped(model.spatial_dropout)


def recurrent_layer(kind: str, units: int, **fields: Any) -> Recurrent:
    """The layer; raises ConfigError for keys of the model that do not go together in it."""
    layer: Recurrent = find("layer", kind)(units, **fields)
    wrong = [Problem(f"model.{field}={typed(getattr(layer, field))}",
                     expected.replace("cell ", "model.cell=").replace("cell: ", "model.cell="))
             for field, expected in layer.wrong()]
    if wrong:
        raise ConfigError(wrong)
    return layer


def head(model: _Ended, activation: str, rate: float, positions: int, outputs: int) -> list[Layer]:
    """Hidden layers and the output, linear; at each position where the targets are."""
    kind: Any = TimeDistributed if positions else Dense
    hidden = [layer for units in model.hidden for layer in (kind(units, activation=activation, init=model.init),
                                                            *dropped(rate))]
    return [*hidden, kind(outputs, init=model.init)]


def spatially_dropped(rate: float) -> list[Layer]:
    """Dropout of whole channels, or nothing at rate 0."""
    return [SpatialDropout(rate)] if rate else []
