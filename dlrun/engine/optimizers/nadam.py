"""Optimizer `nadam`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper, Values, flat
from dlrun.registry import register


@register("optimizer", "nadam")
@dataclass(frozen=True)
class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "beta1", "beta2", "eps", "momentum_decay")
    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    momentum_decay: float = number(0.004, "Warm-up of the momentum.", low=0)

    @property
    def gradient_decay(self) -> float:
        return self.beta1

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        weights, kind = list(params), torch.optim.NAdam
        if flat(weights, device):
            from dlrun.engine.optimizers._flat_nadam import FlatNAdam as kind
        return kind(weights, self.lr, (self.beta1, self.beta2), self.eps, momentum_decay=self.momentum_decay)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}, {"step": 0.0, "mu_product": 1.0}

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        kind, steps = weights.dtype, state["step"].add_(1).double()
        beta1, beta2, decay = numbers["beta1"], numbers["beta2"], numbers["momentum_decay"]
        now = beta1 * (1 - 0.5 * 0.96**(steps * decay))
        then = beta1 * (1 - 0.5 * 0.96**((steps + 1) * decay))
        decayed = state["mu_product"]
        product = decayed.mul_(now.to(decayed.dtype)).double()  # as torch does, in single precision
        mean = state["exp_avg"].lerp_(gradients, (1 - beta1).to(kind))
        square = state["exp_avg_sq"].lerp_(gradients.square(), (1 - beta2).to(kind))
        root = square.div((1 - beta2**steps).to(kind)).sqrt_().add_(numbers["eps"].to(kind))
        rate = -numbers["lr"]
        weights.addcdiv_(gradients * (rate * (1 - now) / (1 - product)).to(kind), root)
        weights.addcdiv_(mean * (rate * then / (1 - product * then)).to(kind), root)
