"""Schemas of group `task`: what is learned, and the measures that it produces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.fields import choice


@dataclass(frozen=True)
class Task:
    """What every task has.  `measures` are the names behind ``train/``, ``val/`` and ``test/``."""

    kind: ClassVar[str]
    measures: ClassVar[tuple[str, ...]] = ("loss",)
    wants: ClassVar[str] = "classes"


@dataclass(frozen=True)
class Classify(Task):
    """One class for each row: two classes by one logit, more by as many logits as there are classes."""

    kind = "classify"
    measures = ("loss", "accuracy")
    loss: str = choice(
        "auto", ("auto", "cross_entropy", "binary_cross_entropy", "mse"),
        "auto: binary cross-entropy on one output for two classes, else cross-entropy; mse is on probabilities.")

    def outputs(self, classes: int) -> int:
        """Outputs of the network for so many classes."""
        return 1 if classes == 2 and self.loss != "cross_entropy" else classes


TASKS: dict[str, type[Task]] = {schema.kind: schema for schema in (Classify,)}
