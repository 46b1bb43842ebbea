"""Optimizer `adadelta`."""

from __future__ import annotations

from dataclasses import dataclass

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.registry import register


@register("optimizer", "adadelta")
@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Adadelta: rates from the last updates (Zeiler, 2012); lr 1 is the paper's, 0.001 later Keras's."""

    lr: float = number(1.0, "Learning rate.", low=0, above=True)
    rho: float = number(0.95, "Decay of both mean squares.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added under both roots.", low=0, above=True)

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.Adadelta(params, self.lr, self.rho, self.eps)
