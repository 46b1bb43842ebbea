"""Optimizer `sgd`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import flag, number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper
from dlrun.config.schema.root import Config
from dlrun.engine.optimizers._fused import is_fused
from dlrun.registry import register


@register("optimizer", "sgd")
@dataclass(frozen=True)
class Sgd(Optimizer):
    """Plain gradient descent, with momentum if asked (v = momentum * v + gradient; weight -= lr * v)."""

    lr: float = number(0.01, "Learning rate.", low=0, above=True)
    momentum: float = number(0.0, "Share of the last step that is kept.", low=0, high=1, below=True)
    nesterov: bool = flag(False, "Take the gradient after the momentum step.")

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.SGD(params, self.lr, momentum=self.momentum, nesterov=self.nesterov, fused=is_fused(device))

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        if self.nesterov and self.momentum == 0:
            yield Problem("optimizer.nesterov=true", "it needs optimizer.momentum > 0", origin("optimizer.nesterov"))
