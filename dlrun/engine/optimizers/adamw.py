"""Optimizer `adamw`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Params, Stepper
from dlrun.engine.optimizers._fused import is_fused
from dlrun.engine.optimizers.adam import Adam
from dlrun.registry import register


@register("optimizer", "adamw")
@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    weight_decay: float = number(0.004, "Weights shrink by lr * weight_decay each step.", low=0)

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.AdamW(params, self.lr, (self.beta1, self.beta2), self.eps, self.weight_decay,
                                 amsgrad=self.amsgrad, fused=is_fused(device))
