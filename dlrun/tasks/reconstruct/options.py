"""The keys of task=reconstruct."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import choice, number
from dlrun.tasks._base.spec import TaskSpec

_LOSS_DOC = ("auto: binary cross-entropy where the model's output is a sigmoid, else the mean squared error; "
             "l2: the length of the difference, sqrt(sum of squares) of each row, as Buduma & Locascio have it")


@dataclass(frozen=True)
class ReconstructOptions(TaskSpec):
    """The task's options, but its players' optimizers."""

    loss: str = choice("auto", ("auto", "binary_cross_entropy", "mse", "l2"), _LOSS_DOC)
    gaussian: float = number(0.0, "deviation of normal noise that is added to the inputs", low=0)
    masked: float = number(0.0, "share of the inputs that are set to 0; of tokens, whole words", low=0, high=1,
                           below=True)
    sparsity: str = choice("none", ("none", "l1", "kl"),
                           "what keeps the code small: l1 sums its values' sizes; kl holds each unit's mean at rho")
    sparsity_weight: float = number(0.001, "weight of the sparsity in the loss", low=0)
    rho: float = number(0.05, "target mean of each unit of the code (kl)", low=0, high=1, above=True, below=True)
