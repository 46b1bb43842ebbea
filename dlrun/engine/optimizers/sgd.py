"""Optimizer `sgd`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import flag, number
from dlrun.config.schema.optimizer import FUSED, Device, Optimizer, Params, Stepper, Values
from dlrun.config.schema.root import Config
from dlrun.registry import register


@register("optimizer", "sgd")
@dataclass(frozen=True)
class Sgd(Optimizer):
    """Plain gradient descent, with momentum if asked (v = momentum * v + gradient; weight -= lr * v)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "momentum")
    lr: float = number(0.01, "Learning rate.", low=0, above=True)
    momentum: float = number(0.0, "Share of the last step that is kept.", low=0, high=1, below=True)
    nesterov: bool = flag(False, "Take the gradient after the momentum step.")

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        return torch.optim.SGD(params, self.lr, momentum=self.momentum, nesterov=self.nesterov,
                               fused=device.type in FUSED)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        return ({"momentum_buffer": 0.0} if self.momentum else {}), {}

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        change = gradients
        if self.momentum:
            momentum = numbers["momentum"].to(weights.dtype)
            change = state["momentum_buffer"].mul_(momentum).add_(gradients)
            if self.nesterov:
                change = gradients + momentum * change
        weights.addcmul_(change, -numbers["lr"].to(weights.dtype))

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        yield from super().clashes(config, origin)
        if self.nesterov and self.momentum == 0:
            yield Problem("optimizer.nesterov=true", "it needs optimizer.momentum > 0", origin("optimizer.nesterov"))
