"""torch's RMSprop in few calls."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from dlrun.engine.optimizers._flat import Flat, Row


class FlatRMSprop(Flat, torch.optim.RMSprop):
    """See `_flat`."""

    torchs_step = staticmethod(inspect.unwrap(torch.optim.RMSprop.step))

    def means(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return "square_avg", *["grad_avg"] * group["centered"], *["momentum_buffer"] * (group["momentum"] > 0)

    def move(self, group: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
        alpha, momentum, weights = group["alpha"], group["momentum"], group["params"]
        gradient, square, root = rows["gradient"].whole, rows["square_avg"].whole, rows["root"]
        square.mul_(alpha).addcmul_(gradient, gradient, value=1 - alpha)
        if group["centered"]:
            mean = rows["grad_avg"].whole.lerp_(gradient, 1 - alpha)
            torch.addcmul(square, mean, mean, value=-1, out=root.whole).sqrt_()
        else:
            torch.sqrt(square, out=root.whole)
        root.whole.add_(group["eps"])
        if momentum > 0:
            kept = rows["momentum_buffer"]
            kept.whole.mul_(momentum).addcdiv_(gradient, root.whole)
            torch._foreach_add_(weights, kept.parts, alpha=-group["lr"])
        else:
            torch._foreach_addcdiv_(weights, rows["gradient"].parts, root.parts, -group["lr"])
