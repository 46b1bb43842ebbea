"""Optimizer `rmsprop`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from dlrun.config.problem import Problem
from dlrun.config.schema.fields import flag, number
from dlrun.config.schema.optimizer import Device, Optimizer, Params, Stepper, Values, flat
from dlrun.config.schema.root import Config
from dlrun.registry import register


@register("optimizer", "rmsprop")
@dataclass(frozen=True)
class RmsProp(Optimizer):
    """RMSprop in Keras's form: the gradient over its running root mean square (Hinton's lecture 6e)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "rho", "eps", "momentum")
    rho: float = number(0.9, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    eps_inside: bool = flag(False, "Add eps under the root, as Keras 3 does; another optimizer for small gradients.")
    momentum: float = number(0.0, "Share of the last step that is kept.", low=0, high=1, below=True)
    centered: bool = flag(False, "Divide by the standard deviation instead.")

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        if self.eps_inside:
            from dlrun.engine.optimizers.rmsprop_module import RmsPropInside

            return RmsPropInside(params, self.lr, self.rho, self.eps)
        weights, kind = list(params), torch.optim.RMSprop
        if flat(weights, device):
            from dlrun.engine.optimizers._flat_rmsprop import FlatRMSprop as kind
        return kind(weights, self.lr, alpha=self.rho, eps=self.eps, momentum=self.momentum, centered=self.centered)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        kept = ["square_avg"] + ["grad_avg"] * self.centered + ["momentum_buffer"] * (self.momentum > 0)
        return dict.fromkeys(kept, 0.0), {} if self.eps_inside else {"step": 0.0}

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        kind = weights.dtype
        rate, eps, fresh = -numbers["lr"].to(kind), numbers["eps"].to(kind), (1 - numbers["rho"]).to(kind)
        square = state["square_avg"].lerp_(gradients.square(), fresh)
        if self.eps_inside:
            weights.addcdiv_(rate * gradients, (square + eps).sqrt_())
            return
        state["step"].add_(1)
        if self.centered:
            mean = state["grad_avg"].lerp_(gradients, fresh)
            square = square.addcmul(mean, mean, value=-1)
        root = square.sqrt().add_(eps)
        if self.momentum:
            momentum = numbers["momentum"].to(kind)
            weights.addcmul_(state["momentum_buffer"].mul_(momentum).addcdiv_(gradients, root), rate)
        else:
            weights.addcdiv_(rate * gradients, root)

    def clashes(self, config: Config, origin: Callable[[str], str]) -> Iterator[Problem]:
        yield from super().clashes(config, origin)
        if self.eps_inside and (self.centered or self.momentum):
            yield Problem("optimizer.eps_inside=true", "it goes without momentum and centered",
                          origin("optimizer.eps_inside"))
