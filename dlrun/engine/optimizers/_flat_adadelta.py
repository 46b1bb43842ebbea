"""torch's Adadelta in few calls."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from dlrun.engine.optimizers._flat import Flat, Row


class FlatAdadelta(Flat, torch.optim.Adadelta):
    """See `_flat`."""

    torchs_step = staticmethod(inspect.unwrap(torch.optim.Adadelta.step))
    scratch = ("root", "change")

    def means(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        return "square_avg", "acc_delta"

    def move(self, group: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
        rho, eps = group["rho"], group["eps"]
        gradient, square, changes = (rows[name].whole for name in ("gradient", "square_avg", "acc_delta"))
        square.mul_(rho).addcmul_(gradient, gradient, value=1 - rho)
        root = torch.add(square, eps, out=rows["root"].whole).sqrt_()
        change = torch.add(changes, eps, out=rows["change"].whole).sqrt_().div_(root).mul_(gradient)
        changes.mul_(rho).addcmul_(change, change, value=1 - rho)
        torch._foreach_add_(group["params"], rows["change"].parts, alpha=-group["lr"])
