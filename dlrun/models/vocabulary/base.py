"""What every layer of the vocabulary can say of itself, without torch: its output, its parameters, its line of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import ClassVar

from dlrun.config.models import ACTIVATIONS, BIAS_INITS, INITS, MAX_NORM_DOC
from dlrun.config.schema.fields import choice, flag, number
from dlrun.models.vocabulary.geometry import Shape, by

Part = tuple[str, tuple["Layer", ...]]


@dataclass(frozen=True)
class Layer:
    """One layer as configured.  Shapes are channels-first and without the batch: (features,), (channels, length),
    (channels, height, width)."""

    kind: ClassVar[str]
    main: ClassVar[str] = ""  # the field that a bare value stands for: ``- dense: 128``
    sides: ClassVar[tuple[str, ...]] = ()  # fields that are one integer or one for each axis
    rank: ClassVar[int] = 2  # largest number of axes that `sides` may speak of

    def output(self, shape: Shape) -> Shape:
        """The output's shape; ValueError says what is allowed."""
        return shape

    def count(self, shape: Shape) -> tuple[int, int]:
        """Trainable and frozen parameters, those of its parts excluded; frozen are batch norm's moving statistics."""
        return 0, 0

    def parts(self, shape: Shape) -> Iterable[Part]:
        """The lists of layers inside this one, by name; each starts from `shape`."""
        return ()

    def text(self) -> str:
        """What a summary shows: the fields that are not at their defaults."""
        told = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default and not isinstance(value, Layer) and field.name not in ("layers", "branches"):
                told.append(f"{field.name} {by(value) if isinstance(value, tuple) else value}")
        return ", ".join(told)

    def wrong(self) -> Iterator[tuple[str, str]]:
        """Fields that are wrong beside others: (field, what is wanted)."""
        for field in self.sides:
            if len(getattr(self, field)) > self.rank:
                yield field, "one integer" if self.rank == 1 else "one integer or two (height, width)"


@dataclass(frozen=True, kw_only=True)
class Weighted(Layer):
    """A layer with a kernel: what is common to dense and convolutions."""

    activation: str = choice("linear", ACTIVATIONS, "applied to the layer's output")
    init: str | None = choice(None, INITS, "initial weights; null: the model's")
    bias: bool = flag(True, "whether a bias is added")
    bias_init: str = choice("zeros", BIAS_INITS, "initial biases")
    l1: float = number(0.0, "L1 penalty on the kernel, added to the loss", low=0)
    l2: float = number(0.0, "L2 penalty on the kernel, added to the loss", low=0)
    max_norm: float | None = number(None, MAX_NORM_DOC, low=0, above=True)

    def text(self) -> str:
        shown = [self.measure()]
        if self.activation != "linear":
            shown.append(self.activation)
        if not self.bias:
            shown.append("no bias")
        shown += [f"{name} {value:g}" for name in ("l1", "l2", "max_norm") if (value := getattr(self, name))]
        return ", ".join(shown)

    def measure(self) -> str:
        """The layer's sizes: ``128 units``."""
        raise NotImplementedError


def image(shape: Shape, kind: str) -> Shape:
    """Height and width of an image's shape; ValueError for anything else."""
    if len(shape) != 3:
        raise ValueError(f"{kind} wants images (channels, height, width)"
                         + ("; conv1d takes sequences" if kind == "conv" and len(shape) == 2 else ""))
    return shape[1:]
