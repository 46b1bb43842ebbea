"""Schemas of group `task`: what is learned, and the measures that it produces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.fields import choice, flag, weights
from dlrun.config.problem import Problem
from dlrun.config.weights import in_order


@dataclass(frozen=True)
class Task:
    """What every task has.

    `measures` are what the loop adds up; `shown` the names behind ``train/``, ``val/`` and ``test/`` in their order.
    `wants` are the kinds of targets that it fits.
    """

    kind: ClassVar[str]
    measures: ClassVar[tuple[str, ...]] = ("loss",)
    wants: ClassVar[tuple[str, ...]] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        return self.measures

    def width(self, signature: Any) -> int:
        """Outputs that the network has to give for data of this signature; 0 where the model's own parts decide."""
        return 0

    def clashes(self, signature: Any) -> Iterator[Problem]:
        """What does not go with data of this signature, which is of a wanted kind."""
        yield from ()


@dataclass(frozen=True)
class Auto(Task):
    """The task that model and data are made for."""

    kind = "auto"


@dataclass(frozen=True)
class Classify(Task):
    """One class for each row: two classes by one logit, more by as many logits as there are classes."""

    kind = "classify"
    measures = ("loss", "accuracy")
    wants = ("classes",)
    loss: str = choice(
        "auto", ("auto", "cross_entropy", "binary_cross_entropy", "mse"),
        "auto: binary cross-entropy on one output for two classes, else cross-entropy; mse is on probabilities.")
    class_weights: Any = weights(
        None, "What a row's training loss is multiplied by, by its class; the mean still divides by the rows, and "
        "validation and test losses are not weighted (Keras's class_weight). balanced: rows / (classes * rows of the "
        "class), counted on the training rows; else a list, or a mapping by name or number (others weigh 1).",
        words=("balanced",))

    def outputs(self, classes: int) -> int:
        """Outputs of the network for so many classes."""
        return 1 if classes == 2 and self.loss != "cross_entropy" else classes

    def width(self, signature: Any) -> int:
        return self.outputs(len(signature.classes))

    def clashes(self, signature: Any) -> Iterator[Problem]:
        yield from _unfit(self.class_weights, signature.classes, "task.class_weights", "class")


@dataclass(frozen=True)
class Regress(Task):
    """One number for each row, in the data's own units."""

    kind = "regress"
    measures = ("loss", "mse", "mae")
    wants = ("number",)
    loss: str = choice("mse", ("mse", "mae"), "Mean squared or mean absolute error.")

    def width(self, signature: Any) -> int:
        return 1


@dataclass(frozen=True)
class Tag(Task):
    """A class for each word of a sequence."""

    kind = "tag"
    measures = ("loss", "accuracy", "padded_accuracy")
    wants = ("tokens",)
    count_padding: bool = flag(False, "Let the loss count padded positions too, as the books do.")

    def width(self, signature: Any) -> int:
        return signature.target_vocabulary


@dataclass(frozen=True)
class NextToken(Task):
    """The next character or word of a text."""

    kind = "next_token"
    measures = ("loss", "accuracy")
    wants = ("classes", "tokens")

    @property
    def shown(self) -> tuple[str, ...]:
        return ("loss", "accuracy", "perplexity")

    def width(self, signature: Any) -> int:
        return signature.target_vocabulary or len(signature.classes)


def _unfit(given: Any, names: tuple[str, ...], key: str, what: str) -> Iterator[Problem]:
    """The problem of weights that are not those of these names."""
    if given is None or isinstance(given, str):
        return
    try:
        in_order(given, names, what)
    except ValueError as error:
        yield Problem(key, str(error))


TASKS: dict[str, type[Task]] = {schema.kind: schema for schema in (Auto, Classify, Regress, Tag, NextToken)}
