"""Optimizer `adamax`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.registry import register


@register("optimizer", "adamax")
@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma and Ba, 2015, section 7)."""

    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the infinity norm.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the norm.", low=0, above=True)

    @property
    def gradient_decay(self) -> float:
        return self.beta1

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.Adamax(params, self.lr, (self.beta1, self.beta2), self.eps)
