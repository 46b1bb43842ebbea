"""Schemas of group `task`: what is learned, and the measures that it produces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.fields import choice, flag


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

    def outputs(self, classes: int) -> int:
        """Outputs of the network for so many classes."""
        return 1 if classes == 2 and self.loss != "cross_entropy" else classes

    def width(self, signature: Any) -> int:
        return self.outputs(len(signature.classes))


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


TASKS: dict[str, type[Task]] = {schema.kind: schema for schema in (Auto, Classify, Regress, Tag, NextToken)}
