"""Optimizer `adam`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.schema.fields import flag, number
from dlrun.config.schema.optimizer import FUSED, Device, Mover, Optimizer, Params, Stepper, Values
from dlrun.registry import register


def direct(weights: Sequence[Any], device: Device) -> bool:
    """Whether these weights can be moved by one call of torch's kernel for the CPU."""
    import torch

    return device.type == "cpu" and all(weight.dtype == torch.float32 for weight in weights)


@register("optimizer", "adam")
@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with Keras's eps 1e-7 (Kingma and Ba, 2015)."""

    moved_by: ClassVar[tuple[str, ...]] = ("lr", "beta1", "beta2", "eps")
    beta1: float = number(0.9, "Decay of the mean.", low=0, high=1, below=True)
    beta2: float = number(0.999, "Decay of the mean square.", low=0, high=1, below=True)
    eps: float = number(1e-7, "Added to the root.", low=0, above=True)
    amsgrad: bool = flag(False, "Use the largest mean square so far (Reddi et al., 2018).")

    @property
    def gradient_decay(self) -> float:
        return self.beta1

    def build(self, params: Params, device: Device) -> Stepper:
        import torch

        weights, kind = list(params), torch.optim.Adam
        if direct(weights, device):
            from dlrun.engine.optimizers._direct_adam import DirectAdam as kind
        return kind(weights, self.lr, (self.beta1, self.beta2), self.eps, amsgrad=self.amsgrad,
                    fused=device.type in FUSED)

    def beginning(self) -> tuple[dict[str, float], dict[str, float]]:
        kept = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * self.amsgrad
        return dict.fromkeys(kept, 0.0), {"step": 0.0}

    def mover(self, device: Device) -> Mover:
        return self._kernel_mover(device, decoupled=False) if type(self).move is Adam.move else self.move

    def _kernel_mover(self, device: Device, decoupled: bool) -> Mover:
        if device.type != "cpu":
            return self.move
        from dlrun.engine.optimizers._direct_adam import kernel_mover

        return kernel_mover(self.amsgrad, decoupled)

    def move(self, weights: Values, gradients: Values, state: Mapping[str, Values],
             numbers: Mapping[str, Values]) -> None:
        kind, steps = weights.dtype, state["step"].add_(1).double()
        beta1, beta2 = numbers["beta1"], numbers["beta2"]
        rate = (-numbers["lr"] / (1 - beta1**steps)).to(kind)
        mean = state["exp_avg"].lerp_(gradients, (1 - beta1).to(kind))
        square = state["exp_avg_sq"].lerp_(gradients.square(), (1 - beta2).to(kind))
        if self.amsgrad:
            largest = state["max_exp_avg_sq"]
            square = largest.copy_(largest.maximum(square))
        root = square.sqrt().div_((1 - beta2**steps).sqrt().to(kind)).add_(numbers["eps"].to(kind))
        weights.addcdiv_(rate * mean, root)
