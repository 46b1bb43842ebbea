"""What every layer's spec can say of itself without torch: its output, its parameters, its line of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from dlrun.config.schema.fields import choice, flag, number, rules
from dlrun.models.choices import ACTIVATIONS, BIAS_INITS, INITS, MAX_NORM_DOC
from dlrun.models.shapes import Shape, by

if TYPE_CHECKING:
    from torch import nn

    from dlrun.models.step_rng import StepRng

Module: TypeAlias = "nn.Module"  # texts, so that the annotations of `build` need no torch
Parts: TypeAlias = "Mapping[str, nn.Module]"
Rng: TypeAlias = "StepRng"
_OF_IDS = ("the data set's rows are token ids: begin with an embedding (model=lstm, or  - embedding: 32), or "
           "dataset.form=one_hot or multi_hot where the data set has it")
Part = tuple[str, tuple["Layer", ...]]


class Mask(NamedTuple):
    """Which positions of a sequence are padding: what an embedding's module found, perhaps read from the end."""

    padding: Any
    reversed: bool = False


@dataclass(frozen=True)
class Layer:
    """One layer as configured, which builds its module; registered under a name, which is its `kind`.

    One that is not registered, since only code makes it, says its `kind` itself: its module's name begins with it.

    Shapes are channels-first and without the batch: (features,), (channels, length), (channels, height, width).
    """

    kind: ClassVar[str]
    main: ClassVar[str] = ""  # the field that a bare value stands for: ``- dense: 128``
    sides: ClassVar[tuple[str, ...]] = ()  # fields that are one integer or one for each axis
    rank: ClassVar[int] = 2  # largest number of axes that `sides` may speak of
    is_activation: ClassVar[bool] = False  # whether ``activation: KIND`` means this layer
    keeps_mask: ClassVar[bool] = False  # whether a position of the output comes from the same one of the input alone
    moves_values: ClassVar[bool] = False  # whether its outputs are values of its input, elsewhere
    mixes_rows: ClassVar[bool] = False  # whether an output depends on the other rows of its batch
    draws_weights: ClassVar[bool] = False  # whether `build` draws initial weights, from torch's own generator
    packs: ClassVar[bool] = False  # whether its module is tested as a part of several networks in one (`engine.packed`)
    compiles: ClassVar[bool] = False  # the same of a compiled step (`engine.compiled`)
    scans: ClassVar[bool] = False  # whether its loop over time alone may be compiled (`engine.compiled.scan`)

    def output(self, shape: Shape) -> Shape:
        """The output's shape; ValueError says what is expected of the input."""
        return shape

    def count(self, shape: Shape) -> tuple[int, int]:
        """Trainable and frozen parameters, those of its parts excluded; frozen are batch norm's moving statistics."""
        return 0, 0

    def work(self, shape: Shape) -> int:
        """Multiply-adds of the forward pass of one row, about: each parameter once for each position of the output."""
        return sum(self.count(shape)) * prod(self.output(shape)[1:])

    def parts(self, shape: Shape) -> Iterable[Part]:
        """The lists of layers inside this one, by name; each starts from `shape`."""
        return ()

    def build(self, shape: Shape, rng: Rng, parts: Parts) -> Module | None:
        """The PyTorch module for inputs of `shape`; None where nothing is to be done.

        `rng` is the step's randomness, `parts` has a module for each of `parts(shape)`.
        """
        raise NotImplementedError

    def unfit_for_ids(self, vocabulary: int) -> str:
        """Why it cannot read token ids below `vocabulary`; empty where it can."""
        if not type(self).__module__.startswith("dlrun."):
            return ""  # of a layer from outside its author knows
        return f"{self.kind} expects numbers; {_OF_IDS}"

    def mask(self, module: Any, mask: Mask | None) -> Mask | None:
        """The mask of the output from that of the input; `module` is the layer's, which may take note of it."""
        return mask if self.keeps_mask else None

    def on_kernel(self) -> tuple[float, float, float | None]:
        """The l1 and l2 penalties on its kernel, and the largest norm of a unit's weights (None: any)."""
        return 0.0, 0.0, None

    def text(self) -> str:
        """What a summary shows: the fields that are not at their defaults."""
        shown = []
        for name, rule in rules(type(self)).items():
            value = getattr(self, name)
            if value != rule.default and rule.kind != "layers":
                shown.append(f"{name} {by(value) if isinstance(value, tuple) else value}")
        return ", ".join(shown)

    def wrong(self) -> Iterator[tuple[str, str]]:
        """Fields that do not go with the others: (field, what is expected)."""
        for field in self.sides:
            if len(getattr(self, field)) > self.rank:
                yield field, "expected one integer" + ("" if self.rank == 1 else " or two (height, width)")


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

    def on_kernel(self) -> tuple[float, float, float | None]:
        return self.l1, self.l2, self.max_norm

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
        raise ValueError(f"{kind} expects images (channels, height, width)"
                         + ("; conv1d takes sequences" if kind == "conv" and len(shape) == 2 else ""))
    return shape[1:]


def positions(shape: Shape, kind: str) -> Shape:
    """The axes after the channels of an image or a sequence; ValueError where there are none."""
    if len(shape) not in (2, 3):
        raise ValueError(f"{kind} expects images (channels, height, width) or sequences (channels, length)")
    return shape[1:]


def through(inner: Iterable[Layer], shape: Shape) -> Shape:
    """The shape after a list of layers; ValueError where one does not fit its input."""
    for layer in inner:
        shape = layer.output(shape)
    return shape


def unfit_for_ids(layers: Iterable[Layer], vocabulary: int) -> str:
    """Why a list of layers cannot read token ids: that of its first layer that does more than to move values."""
    first = next((layer for layer in layers if not layer.moves_values), None)
    if first is None:
        return f"the task expects numbers; {_OF_IDS}"
    return first.unfit_for_ids(vocabulary)
