"""The keys of task=vae."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import choice, number
from dlrun.tasks._base.spec import TaskSpec


@dataclass(frozen=True)
class VaeOptions(TaskSpec):
    """The task's options, but its players' optimizers."""

    loss: str = choice("auto", ("auto", "binary_cross_entropy", "mse"),
                       "the reconstruction; auto: binary cross-entropy where the model's output is a sigmoid")
    reduction: str = choice("sum", ("sum", "mean"), "of the reconstruction over the values of a row")
    kl_reduction: str = choice("sum", ("sum", "mean"), "of the divergence over the code")
    reconstruction_weight: float = number(1.0, "weight of the reconstruction; Foster's r_loss_factor", low=0)
    kl_weight: float = number(1.0, "weight of the divergence", low=0)
    spread: str = choice("deviation", ("deviation", "variance"),
                         "z = mu + exp(log_var / 2) * noise; variance: exp(log_var) * noise, as Chollet prints it")
