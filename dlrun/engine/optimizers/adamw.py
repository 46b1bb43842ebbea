"""Optimizer `adamw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import FUSED, Device, Mover, Params, Stepper, Values
from dlrun.engine.optimizers.adam import Adam, direct
from dlrun.registry import register


@register("optimizer", "adamw")
@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "beta1", "beta2", "eps", "weight_decay")
    weight_decay: float = number(0.004, "Weights shrink by lr * weight_decay each step.", low=0)

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        weights, kind = list(params), torch.optim.AdamW
        if direct(weights, device):
            from dlrun.engine.optimizers._direct_adam import DirectAdamW as kind
        return kind(weights, self.lr, (self.beta1, self.beta2), self.eps, self.weight_decay, amsgrad=self.amsgrad,
                    fused=device.type in FUSED)

    def mover(self, device: Device) -> Mover:
        return self._kernel_mover(device, decoupled=True) if type(self).move is AdamW.move else self.move

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        weights.mul_((1 - numbers["lr"] * numbers["weight_decay"]).to(weights.dtype))
        super().move(weights, gradients, state, numbers)
