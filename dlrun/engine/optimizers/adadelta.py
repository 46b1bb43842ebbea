"""Optimizer `adadelta`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper, Values, flat
from dlrun.registry import register


@register("optimizer", "adadelta")
@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Adadelta: rates from the last updates (Zeiler, 2012); lr 1 is the paper's, 0.001 later Keras's."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "rho", "eps")
    lr: float = number(1.0, "Learning rate.", low=0, above=True)
    rho: float = number(0.95, "Decay of both mean squares.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added under both roots.", low=0, above=True)

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        weights, kind = list(params), torch.optim.Adadelta
        if flat(weights, device):
            from dlrun.engine.optimizers._flat_adadelta import FlatAdadelta as kind
        return kind(weights, self.lr, self.rho, self.eps)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        return {"square_avg": 0.0, "acc_delta": 0.0}, {"step": 0.0}

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        state["step"].add_(1)
        kind = weights.dtype
        eps, fresh = numbers["eps"].to(kind), (1 - numbers["rho"]).to(kind)
        square = state["square_avg"].lerp_(gradients.square(), fresh)
        change = (state["acc_delta"] + eps).sqrt_().div_((square + eps).sqrt_()).mul_(gradients)
        state["acc_delta"].lerp_(change.square(), fresh)
        weights.addcmul_(change, -numbers["lr"].to(kind))
