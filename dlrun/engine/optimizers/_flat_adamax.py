"""torch's Adamax in few calls."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from dlrun.engine.optimizers._flat import Flat, Row


class FlatAdamax(Flat, torch.optim.Adamax):
    """See `_flat`."""

    torchs_step = staticmethod(inspect.unwrap(torch.optim.Adamax.step))

    def means(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return "exp_avg", "exp_inf"

    def move(self, group: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
        beta1, beta2 = group["betas"]
        gradient, norm = rows["gradient"].whole, rows["exp_inf"]
        rows["exp_avg"].whole.lerp_(gradient, 1 - beta1)
        largest = torch.abs(gradient, out=rows["root"].whole).add_(group["eps"])
        torch.maximum(norm.whole.mul_(beta2), largest, out=norm.whole)
        rate = group["lr"] / (1 - beta1 ** self.number("step"))
        torch._foreach_addcdiv_(group["params"], rows["exp_avg"].parts, norm.parts, -rate)
