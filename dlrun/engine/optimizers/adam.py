"""Optimizer `adam`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import flag, number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.engine.optimizers._fused import is_fused
from dlrun.registry import register


@register("optimizer", "adam")
@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with Keras's eps 1e-7 (Kingma and Ba, 2015)."""

    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    amsgrad: bool = flag(False, "Use the largest mean square so far (Reddi et al., 2018).")

    @property
    def gradient_decay(self) -> float:
        return self.beta1

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.Adam(params, self.lr, (self.beta1, self.beta2), self.eps, amsgrad=self.amsgrad,
                                fused=is_fused(device))
