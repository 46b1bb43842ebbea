"""Optimizer `adamax`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper, Values, flat
from dlrun.registry import register


@register("optimizer", "adamax")
@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma and Ba, 2015, section 7)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "beta1", "beta2", "eps")
    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the infinity norm.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the norm.", low=0, above=True)

    @property
    def gradient_decay(self) -> float:
        return self.beta1

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        weights, kind = list(params), torch.optim.Adamax
        if flat(weights, device):
            from dlrun.engine.optimizers._flat_adamax import FlatAdamax as kind
        return kind(weights, self.lr, (self.beta1, self.beta2), self.eps)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        return {"exp_avg": 0.0, "exp_inf": 0.0}, {"step": 0.0}

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        kind, steps = weights.dtype, state["step"].add_(1).double()
        rate = (-numbers["lr"] / (1 - numbers["beta1"]**steps)).to(kind)
        mean = state["exp_avg"].lerp_(gradients, (1 - numbers["beta1"]).to(kind))
        norm = state["exp_inf"].mul_(numbers["beta2"].to(kind))
        norm.copy_(norm.maximum(gradients.abs().add_(numbers["eps"].to(kind))))
        weights.addcdiv_(rate * mean, norm)
