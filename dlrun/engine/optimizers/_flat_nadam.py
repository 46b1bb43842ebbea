"""torch's NAdam in few calls."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from dlrun.engine.optimizers._flat import Flat, Row


class FlatNAdam(Flat, torch.optim.NAdam):
    """See `_flat`."""

    torchs_step = staticmethod(inspect.unwrap(torch.optim.NAdam.step))
    numbers = {"step": 0.0, "mu_product": 1.0}

    def means(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return "exp_avg", "exp_avg_sq"

    def move(self, group: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
        (beta1, beta2), decay, rate = group["betas"], group["momentum_decay"], group["lr"]
        step, weights = self.number("step"), group["params"]
        now = beta1 * (1.0 - 0.5 * (0.96 ** (step * decay)))
        then = beta1 * (1.0 - 0.5 * (0.96 ** ((step + 1) * decay)))
        self._numbers["mu_product"].mul_(now)
        product = self.number("mu_product")
        gradient, square, root = rows["gradient"], rows["exp_avg_sq"].whole, rows["root"]
        rows["exp_avg"].whole.lerp_(gradient.whole, 1 - beta1)
        square.mul_(beta2).addcmul_(gradient.whole, gradient.whole, value=1 - beta2)
        torch.div(square, 1 - beta2**step, out=root.whole).sqrt_().add_(group["eps"])
        torch._foreach_addcdiv_(weights, gradient.parts, root.parts, -rate * (1.0 - now) / (1.0 - product))
        torch._foreach_addcdiv_(weights, rows["exp_avg"].parts, root.parts, -rate * then / (1.0 - product * then))
