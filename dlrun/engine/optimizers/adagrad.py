"""Optimizer `adagrad`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.registry import register


@register("optimizer", "adagrad")
@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Adagrad: rates fall with the sum of squared gradients (Duchi et al., 2011)."""

    initial_accumulator: float = number(0.1, "Start of the sum of squares.", low=0)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.Adagrad(params, self.lr, initial_accumulator_value=self.initial_accumulator, eps=self.eps)
