"""Recurrent layers: simple RNN, LSTM, GRU, with Keras's arguments and Keras 2's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.model_words import INITS, RECURRENT_ACTIVATIONS, RECURRENT_INITS
from dlrun.config.schema.fields import MISSING, choice, flag, integer, number
from dlrun.models.vocabulary.base import Layer
from dlrun.models.vocabulary.geometry import Shape

CELL_DOC = ("keras: the books' Keras 2 cell, any activation and recurrent dropout; "
            "fast: PyTorch's own fused cell, sigmoid gates, a GRU that resets after the product: on a CPU 1.3 to 2 "
            "times as fast")
RECURRENT_ACTIVATION_DOC = "of the gates; null: hard_sigmoid as in Keras 2, sigmoid where the cell is fast"
RESET_AFTER_DOC = ("GRU: whether the reset gate acts after the recurrent product, which then has a bias of its own; "
                   "null: false as in Keras 2, true where the cell is fast")
DROPOUT_DOC = "share of the inputs dropped; one mask for all time steps of a row"
RECURRENT_DROPOUT_DOC = "share of the state dropped before the recurrent product; one mask for all time steps of a row"


@dataclass(frozen=True)
class Recurrent(Layer):
    """What the cells share.  Reads (features, length) and gives (units,), or (units, length) with return_sequences.

    `bidirectional` adds a second layer that reads from the end; `concat` doubles the channels, `sum` adds them.
    With `reversed` the sequence is read from its end and, as in Keras, its outputs stay in that order.
    A `stateful` layer starts row i of a batch where row i of the batch before ended.
    """

    main: ClassVar[str] = "units"
    gates: ClassVar[int]
    units: int = integer(MISSING, "size of the state, the output's channels", low=1)
    return_sequences: bool = flag(False, "an output for each position instead of the last one alone")
    bidirectional: str = choice("none", ("none", "concat", "sum"), "a second layer from the end, and how both merge")
    reversed: bool = flag(False, "read the sequence from its end")
    stateful: bool = flag(False, "carry the state over to the next batch, until the epoch ends")
    activation: str = choice("tanh", RECURRENT_ACTIVATIONS, "of the candidate and of the output")
    recurrent_activation: str | None = choice(None, RECURRENT_ACTIVATIONS, RECURRENT_ACTIVATION_DOC)
    dropout: float = number(0.0, DROPOUT_DOC, low=0, high=1, below=True)
    recurrent_dropout: float = number(0.0, RECURRENT_DROPOUT_DOC, low=0, high=1, below=True)
    cell: str = choice("keras", ("keras", "fast"), CELL_DOC)
    init: str | None = choice(None, INITS, "initial input weights; null: the model's")
    recurrent_init: str | None = choice(None, RECURRENT_INITS, "initial recurrent weights; null: orthogonal")

    @property
    def biases(self) -> int:
        """Biases of each gate and unit."""
        return 1

    @property
    def fast(self) -> bool:
        return self.cell == "fast"

    @property
    def gate_activation(self) -> str:
        return self.recurrent_activation or ("sigmoid" if self.fast else "hard_sigmoid")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError(f"{self.kind} wants sequences (features, length)"
                             + ("; put an embedding before it" if len(shape) == 1 else ""))
        channels = self.units * (2 if self.bidirectional == "concat" else 1)
        return (channels, shape[1]) if self.return_sequences else (channels,)

    def count(self, shape: Shape) -> tuple[int, int]:
        one = self.gates * self.units * (shape[0] + self.units + self.biases)
        return one * (1 if self.bidirectional == "none" else 2), 0

    def wrong(self) -> Iterator[tuple[str, str]]:
        if not self.fast:
            return
        if self.recurrent_dropout:
            yield "recurrent_dropout", "0 is wanted with cell fast, which has none; cell: keras has it"
        if self.gates > 1 and self.recurrent_activation not in (None, "sigmoid"):
            yield "recurrent_activation", "sigmoid is wanted with cell fast; cell: keras takes any"
        if self.activation not in self._fast_activations:
            yield "activation", f"{' or '.join(self._fast_activations)} is wanted with cell fast; cell: keras takes any"

    _fast_activations: ClassVar[tuple[str, ...]] = ("tanh",)

    def text(self) -> str:
        told = [f"{self.units} units"]
        if self.bidirectional != "none":
            told.append(f"both ways ({self.bidirectional})")
        told += [word for word in ("reversed", "stateful", "fast") if getattr(self, word)]
        if self.activation != "tanh":
            told.append(self.activation)
        if self.gates > 1 and self.recurrent_activation:
            told.append(f"{self.recurrent_activation} gates")
        told += [f"{name.replace('_', ' ')} {value:g}" for name in ("dropout", "recurrent_dropout")
                 if (value := getattr(self, name))]
        return ", ".join(told)


@dataclass(frozen=True)
class Rnn(Recurrent):
    """Simple RNN: h = tanh(W x + U h + b)."""

    kind: ClassVar[str] = "rnn"
    gates: ClassVar[int] = 1
    _fast_activations: ClassVar[tuple[str, ...]] = ("tanh", "relu")


@dataclass(frozen=True)
class Lstm(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), with a forget gate and without peepholes."""

    kind: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4
    unit_forget_bias: bool = flag(True, "whether the forget gate's biases start at 1")


@dataclass(frozen=True)
class Gru(Recurrent):
    """Gated recurrent unit (Cho et al. 2014)."""

    kind: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3
    reset_after: bool | None = flag(None, RESET_AFTER_DOC)

    @property
    def after(self) -> bool:
        return self.fast if self.reset_after is None else self.reset_after

    @property
    def biases(self) -> int:
        return 2 if self.after else 1  # Keras's count, and PyTorch's, of this form

    def wrong(self) -> Iterator[tuple[str, str]]:
        yield from super().wrong()
        if self.fast and not self.after:
            yield "reset_after", "true is wanted with cell fast; cell: keras has both forms"

    def text(self) -> str:
        return super().text() + (", reset after" if self.after and not self.fast else "")
