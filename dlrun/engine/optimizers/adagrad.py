"""Optimizer `adagrad`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.schema.fields import number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper, Values
from dlrun.registry import register


@register("optimizer", "adagrad")
@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Adagrad: rates fall with the sum of squared gradients (Duchi et al., 2011)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "eps")
    initial_accumulator: float = number(0.1, "Start of the sum of squares.", low=0)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.Adagrad(params, self.lr, initial_accumulator_value=self.initial_accumulator, eps=self.eps)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        return {"sum": self.initial_accumulator}, {"step": 0.0}

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        state["step"].add_(1)
        total = state["sum"].addcmul_(gradients, gradients)
        weights.addcdiv_(gradients * -numbers["lr"].to(weights.dtype),
                         total.sqrt().add_(numbers["eps"].to(weights.dtype)))
