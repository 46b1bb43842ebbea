"""What the recurrent layers' specs share: Keras's arguments with Keras 2's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import MISSING, choice, flag, integer, number
from dlrun.models.choices import INITS, RECURRENT_ACTIVATIONS, RECURRENT_INITS
from dlrun.models.layer import Layer, Mask
from dlrun.models.shapes import Shape

LARGEST = 256  # units, up to which a loop over time is faster in C (benchmarks/recurrent.py)
CELL_DOC = ("keras: the books' Keras 2 cell, any activation and recurrent dropout; "
            "fast: PyTorch's own fused cell, sigmoid gates, a GRU that resets after the product: on a CPU 1.3 to 2 "
            "times as fast")
RECURRENT_ACTIVATION_DOC = "of the gates; null: hard_sigmoid as in Keras 2, sigmoid where the cell is fast"
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
    states: ClassVar[tuple[str, ...]] = ("h",)  # what is carried from step to step
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
    def bias_rule(self) -> str:
        """How its biases begin: a rule of `models.init`."""
        return "zeros"

    @property
    def fast(self) -> bool:
        """Whether torch's own cell is used."""
        return self.cell == "fast"

    @property
    def gate_activation(self) -> str:
        """The gates' activation; where it is not set, as the cell does: PyTorch's sigmoid or Keras's hard one."""
        return self.recurrent_activation or ("sigmoid" if self.fast else "hard_sigmoid")

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ValueError(f"{self.kind} expects sequences (features, length)"
                             + ("; put an embedding before it" if len(shape) == 1 else ""))
        channels = self.units * (2 if self.bidirectional == "concat" else 1)
        return (channels, shape[1]) if self.return_sequences else (channels,)

    def count(self, shape: Shape) -> tuple[int, int]:
        one = self.gates * self.units * (shape[0] + self.units + self.biases)
        return one * (1 if self.bidirectional == "none" else 2), 0

    def work(self, shape: Shape) -> int:
        return sum(self.count(shape)) * shape[1]  # at each position, also where the last one alone is given

    def wrong(self) -> Iterator[tuple[str, str]]:
        if not self.fast:
            return
        if self.recurrent_dropout:
            yield "recurrent_dropout", "expected 0 with cell fast, which has none; cell: keras has it"
        if self.gates > 1 and self.recurrent_activation not in (None, "sigmoid"):
            yield "recurrent_activation", "expected sigmoid with cell fast; cell: keras takes any"
        if self.activation not in self._fast_activations:
            yield "activation", f"expected {' or '.join(self._fast_activations)} with cell fast; cell: keras takes any"

    _fast_activations: ClassVar[tuple[str, ...]] = ("tanh",)

    def text(self) -> str:
        shown = [f"{self.units} units"]
        if self.bidirectional != "none":
            shown.append(f"both ways ({self.bidirectional})")
        shown += [word for word in ("reversed", "stateful", "fast") if getattr(self, word)]
        if self.activation != "tanh":
            shown.append(self.activation)
        if self.gates > 1 and self.recurrent_activation:
            shown.append(f"{self.recurrent_activation} gates")
        shown += [f"{name.replace('_', ' ')} {value:g}" for name in ("dropout", "recurrent_dropout")
                 if (value := getattr(self, name))]
        return ", ".join(shown)

    def mask(self, module: Any, mask: Mask | None) -> Mask | None:
        """Skips the padding; raises ConfigError where stateful: what rows carry over has no place for skipped steps."""
        if mask is None:
            return None
        if self.stateful:
            raise problem(f"{self.kind}.stateful=true", "a stateful layer skips no positions: expected mask_zero of "
                                                        "the embedding before it (model.mask) to be false")
        module.padding, module.turned = mask
        return mask._replace(reversed=mask.reversed != self.reversed) if self.return_sequences else None
