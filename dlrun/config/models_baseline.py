"""Schemas of the baselines: models that are computed from the training rows at once, with nothing to train.

They are what a trained network has to beat; one pass over the rows measures them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import integer, text


@dataclass(frozen=True)
class Baseline:
    """What the baselines have that look at targets alone."""

    kind: ClassVar[str]
    name: str = text("", "name of the model's file in configs/model", identity=False)

    def unfit(self, task: Any, data_spec: Any) -> str:
        """Why it tells nothing of data of this signature, with what does; empty where it does."""
        return ""


@dataclass(frozen=True)
class Majority(Baseline):
    """The same answer for every row, the one that makes the training loss least.

    Classes by their shares, so that the largest is taken; a number by the mean of the training targets (their median
    with task.loss=mae); each label and each of several targets likewise; tokens by their shares.
    """

    kind: ClassVar[str] = "majority"


@dataclass(frozen=True)
class Permuted(Baseline):
    """For each row the target of a training row drawn at random: what permuted targets get (Chollet, 3.5.4)."""

    kind: ClassVar[str] = "permuted"

    def unfit(self, task: Any, data_spec: Any) -> str:
        if self.kind in task.baselines:
            return ""
        return f"it permutes classes and numbers of rows, and task {task.kind} tells tokens; model=majority fits"


@dataclass(frozen=True)
class LastValue(Baseline):
    """A forecast: the target column's last value in the window (Chollet, 6.3.3)."""

    kind: ClassVar[str] = "last_value"

    def unfit(self, task: Any, data_spec: Any) -> str:
        if self.kind in task.baselines and data_spec.input_kind == "series":
            return ""
        return "it forecasts a number of a series by its last value (jena, electricity, series); model=majority fits"


@dataclass(frozen=True)
class Pca:
    """Principal components as a linear autoencoder: the least squared error that a linear code can have."""

    kind: ClassVar[str] = "pca"
    task: ClassVar[str] = "reconstruct"
    name: str = text("", "name of the model's file in configs/model", identity=False)
    code: int = integer(16, "length of the code between encoder and decoder", low=1)


BASELINES = (Majority, Permuted, LastValue)
COMPUTED = (*BASELINES, Pca)
