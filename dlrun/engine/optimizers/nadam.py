"""Optimizer `nadam`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.registry import register


@register("optimizer", "nadam")
@dataclass(frozen=True)
class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    momentum_decay: float = number(0.004, "Warm-up of the momentum.", low=0)

    @property
    def gradient_decay(self) -> float:
        return self.beta1

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.NAdam(params, self.lr, (self.beta1, self.beta2), self.eps,
                                 momentum_decay=self.momentum_decay)
