"""RMSprop with eps inside the root."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class RmsPropInside(Optimizer):
    """RMSprop as Keras 3 writes it: gradient / sqrt(mean square + eps)."""

    def __init__(self, params: Iterable[Tensor], lr: float, alpha: float, eps: float):
        super().__init__(params, {"lr": lr, "alpha": alpha, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["square_avg"] = torch.zeros_like(weight)
                square = state["square_avg"]
                square.mul_(group["alpha"]).addcmul_(weight.grad, weight.grad, value=1 - group["alpha"])
                weight.addcdiv_(weight.grad, (square + group["eps"]).sqrt_(), value=-group["lr"])
