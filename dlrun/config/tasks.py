"""Schemas of group `task`: what is learned, and the measures that it produces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import choice, flag, weights
from dlrun.config.schema.weights import in_order


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

    def width(self, data_spec: Any) -> int:
        """Outputs that the network has to give for data of this signature; 0 where the model's own parts decide."""
        return 0

    @property
    def known(self) -> bool:
        """Whether it is known what will be measured; else the data has to be seen, and `on` told of it."""
        return True

    def on(self, data_spec: Any) -> Task:
        """The task on data of this signature."""
        return self

    def clashes(self, data_spec: Any) -> Iterator[Problem]:
        """What does not go with data of this signature, which is of a wanted kind."""
        yield from ()


@dataclass(frozen=True)
class Auto(Task):
    """The task that model and data are made for."""

    kind = "auto"

    @property
    def known(self) -> bool:
        return False


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

    def width(self, data_spec: Any) -> int:
        return self.outputs(len(data_spec.classes))

    def clashes(self, data_spec: Any) -> Iterator[Problem]:
        if len(data_spec.classes) < 2:
            yield Problem(f"dataset.only=[{','.join(data_spec.classes)}]", "two classes at least are told apart")
        yield from _unfit(self.class_weights, data_spec.classes, "task.class_weights", "class")


@dataclass(frozen=True)
class Regress(Task):
    """One number for each row, in the data's own units."""

    kind = "regress"
    measures = ("loss", "mse", "mae")
    wants = ("number",)
    loss: str = choice("mse", ("mse", "mae"), "Mean squared or mean absolute error.")

    def width(self, data_spec: Any) -> int:
        return 1


@dataclass(frozen=True)
class Tag(Task):
    """A class for each word of a sequence."""

    kind = "tag"
    measures = ("loss", "accuracy", "padded_accuracy")
    wants = ("tokens",)
    count_padding: bool = flag(False, "Let the loss count padded positions too, as the books do.")

    def width(self, data_spec: Any) -> int:
        return data_spec.target_vocabulary


@dataclass(frozen=True)
class NextToken(Task):
    """The next character or word of a text."""

    kind = "next_token"
    measures = ("loss", "accuracy")
    wants = ("classes", "tokens")

    @property
    def shown(self) -> tuple[str, ...]:
        return ("loss", "accuracy", "perplexity")

    def width(self, data_spec: Any) -> int:
        return data_spec.target_vocabulary or len(data_spec.classes)


@dataclass(frozen=True)
class MultiLabel(Task):
    """Any number of labels for each row: a sigmoid for each, binary cross-entropy, the mean over rows and labels.

    ``accuracy`` is the share of right labels, ``exact_match`` that of rows with all labels right (subset accuracy).
    """

    kind = "multi_label"
    measures = ("loss", "accuracy", "exact_match")
    wants = ("labels",)

    def width(self, data_spec: Any) -> int:
        return len(data_spec.classes)


@dataclass(frozen=True)
class MultiOutput(Task):
    """Several targets from one network: for each a number, two classes by one logit, or more classes.

    The loss is the sum of the targets' losses, each times its weight, as in Keras; beside it stand ``age_loss`` and
    ``age_mae`` for a number, ``income_loss`` and ``income_accuracy`` for classes.
    """

    kind = "multi_output"
    wants = ("several", "labels")
    loss: str = choice("mse", ("mse", "mae"), "Loss of targets that are numbers; classes have cross-entropy.")
    loss_weights: Any = weights(
        None, "What each target's loss is multiplied by in the sum: a list in their order, or a mapping by name or "
        "number (others weigh 1); null: 1 each.")
    heads: tuple[Any, ...] = field(default=())  # of the data, once it has been seen

    @property
    def known(self) -> bool:
        return bool(self.heads)

    def on(self, data_spec: Any) -> Task:
        return replace(self, heads=data_spec.several())

    @property
    def measures(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("loss", *(f"{head.key}_{what}" for head in self.heads for what in ("loss", _measure(head))))

    @property
    def shown(self) -> tuple[str, ...]:
        return ("loss", *(f"{head.key}_{_measure(head)}" for head in self.heads))

    def width(self, data_spec: Any) -> int:
        return sum(head.outputs for head in data_spec.several())

    def clashes(self, data_spec: Any) -> Iterator[Problem]:
        names = tuple(head.name for head in data_spec.several())
        yield from _unfit(self.loss_weights, names, "task.loss_weights", "target")


def _measure(head: Any) -> str:
    return "accuracy" if head.classes else "mae"


def _unfit(given: Any, names: tuple[str, ...], key: str, what: str) -> Iterator[Problem]:
    """The problem of weights that are not those of these names."""
    if given is None or isinstance(given, str):
        return
    try:
        in_order(given, names, what)
    except ValueError as error:
        yield Problem(key, str(error))


TASKS: dict[str, type[Task]] = {schema.kind: schema for schema in (Auto, Classify, Regress, Tag, NextToken, MultiLabel,
                                                                MultiOutput)}
