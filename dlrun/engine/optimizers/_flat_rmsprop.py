"""torch's RMSprop for the CPU, with the same bits and the same state, in a third of the calls.

torch has a kernel for the whole update of Adam and SGD, and none for RMSprop: five operations on each weight, which for
small weights cost more than the arithmetic.  Here the means of all weights lie one after another, and an operation is
done once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_torchs_step = inspect.unwrap(torch.optim.RMSprop.step)  # its wrappers load torch's compiler


class _Row:
    """Tensors one after another in one, each with the shape and strides of its weight in `parts`."""

    def __init__(self, weights: list[Tensor]):
        self.whole = torch.zeros(sum(weight.numel() for weight in weights), dtype=weights[0].dtype)
        self.parts, start = [], 0
        for weight in weights:
            self.parts.append(self.whole.as_strided(weight.shape, torch.empty_like(weight).stride(), start))
            start += weight.numel()


class FlatRMSprop(torch.optim.RMSprop):
    """Weights on the CPU, all float32; several groups (rates of parts) are updated as torch does."""

    _rows: dict[str, _Row] | None = None  # of the state as it is now, by its names in torch's

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Torch's; what was restored is put one after another at the next step."""
        super().load_state_dict(state_dict)
        self._rows = None

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One update of all weights that have gradients."""
        group, *others = self.param_groups
        weights = group["params"]
        gradients = [weight.grad for weight in weights]
        if others or any(gradient is None for gradient in gradients):
            _torchs_step(self)  # on the same state: weights without a gradient stay as they are
            return
        rows = self._rows or self._arrange(group)
        alpha, momentum = group["alpha"], group["momentum"]
        # Operation for operation what torch does with each weight; none of them looks beyond its element.
        self._steps.add_(1)
        torch._foreach_copy_(rows["gradient"].parts, gradients)
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
            torch._foreach_addcdiv_(weights, gradients, root.parts, -group["lr"])

    def _arrange(self, group: dict[str, Any]) -> dict[str, _Row]:
        """Put the state that there is, or zeros, one after another; torch's state are then the parts."""
        weights = group["params"]
        names = ["square_avg"] + ["grad_avg"] * group["centered"] + ["momentum_buffer"] * (group["momentum"] > 0)
        rows = {name: _Row(weights) for name in (*names, "gradient", "root")}
        self._steps = torch.zeros(len(weights))
        for number, weight in enumerate(weights):
            state = self.state[weight]
            places = {"step": self._steps[number], **{name: rows[name].parts[number] for name in names}}
            for name, place in places.items():
                if name in state:
                    place.copy_(state[name])
                state[name] = place
        self._rows = rows
        return rows
