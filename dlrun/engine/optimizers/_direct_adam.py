"""torch's fused Adam and AdamW for the CPU, with the same bits and the same state, without what is asked in each step.

torch collects weights, gradients and state anew in every step, sorts them by device and type, and adds one to the count
of each weight: for small weights that costs twice what the kernel does.  Here the lists are made once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

_torchs_step = inspect.unwrap(torch.optim.Adam.step)  # its wrappers load torch's compiler


class _Kept(NamedTuple):
    """The state of all weights, in their order; `counts` has the steps of each, one after another."""

    counts: Tensor
    means: list[Tensor]
    squares: list[Tensor]
    largest: list[Tensor]
    steps: list[Tensor]


class DirectAdam(torch.optim.Adam):
    """Weights on the CPU, all float32; several groups (rates of parts) are updated as torch does."""

    _kernel = staticmethod(torch._fused_adam_)
    _kept: _Kept | None = None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Torch's; what was restored is listed at the next step."""
        super().load_state_dict(state_dict)
        self._kept = None

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One update of all weights that have gradients."""
        group, *others = self.param_groups
        weights = group["params"]
        gradients = [weight.grad for weight in weights]
        if others or any(gradient is None for gradient in gradients) or len(self.state) < len(weights):
            _torchs_step(self)  # on the same state: weights without a gradient stay as they are
            return
        kept = self._kept
        if kept is None or self.state[weights[0]]["exp_avg"] is not kept.means[0]:  # others may have replaced it
            kept = self._list(weights, group["amsgrad"])
        kept.counts.add_(1)
        beta1, beta2 = group["betas"]
        self._kernel(weights, gradients, kept.means, kept.squares, kept.largest, kept.steps, lr=group["lr"],
                     beta1=beta1, beta2=beta2, weight_decay=group["weight_decay"], eps=group["eps"],
                     amsgrad=group["amsgrad"], maximize=False)

    def _list(self, weights: list[Tensor], amsgrad: bool) -> _Kept:
        states = [self.state[weight] for weight in weights]
        counts = torch.stack([state["step"] for state in states])
        for state, count in zip(states, counts):
            state["step"] = count
        self._kept = kept = _Kept(counts, [state["exp_avg"] for state in states],
                                  [state["exp_avg_sq"] for state in states],
                                  [state["max_exp_avg_sq"] for state in states] if amsgrad else [],
                                  list(counts.unbind(0)))
        return kept


class DirectAdamW(DirectAdam, torch.optim.AdamW):
    """The same with decoupled weight decay."""

    _kernel = staticmethod(torch._fused_adamw_)
