"""torch's optimizers for the CPU that have no kernel for the whole update: the same bits and state, in fewer calls.

Their operations are done on each weight, which for small weights costs more than the arithmetic.  Here the state of all
weights lies one after another, and an operation is done once; none of them looks beyond its element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor


class Row:
    """Tensors one after another in one, each with the shape and strides of its weight in `parts`."""

    def __init__(self, weights: Sequence[Tensor]):
        self.whole = torch.zeros(sum(weight.numel() for weight in weights), dtype=weights[0].dtype)
        self.parts, start = [], 0
        for weight in weights:
            self.parts.append(self.whole.as_strided(weight.shape, torch.empty_like(weight).stride(), start))
            start += weight.numel()


class Flat(torch.optim.Optimizer):
    """Stands before one of torch's optimizers among the bases of a class: weights on the CPU, all float32.

    Several groups (rates of parts), and weights without gradients, are updated as torch does (`torchs_step`, without
    its wrappers: they load torch's compiler).  `numbers` are what torch keeps of each weight as a single number, with
    the first value, `scratch` rows that are needed meanwhile.
    """

    torchs_step: ClassVar[Callable[..., Any]]
    numbers: ClassVar[Mapping[str, float]] = {"step": 0.0}
    scratch: ClassVar[tuple[str, ...]] = ("root",)
    _rows: dict[str, Row] | None = None  # of the state as it is now, by its names in torch's
    _numbers: dict[str, Tensor]  # (weights,) each

    def means(self, group: Mapping[str, Any]) -> tuple[str, ...]:
        """What torch keeps of each weight in its shape, by its names."""
        raise NotImplementedError

    def move(self, group: Mapping[str, Any], rows: Mapping[str, Row]) -> None:
        """Operation for operation what torch does with each weight; `rows` has the gradient and the scratch too."""
        raise NotImplementedError

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Torch's; what was restored is put one after another at the next step."""
        super().load_state_dict(state_dict)
        self._rows = None

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One update of all weights that have gradients."""
        group, *others = self.param_groups
        gradients = [weight.grad for weight in group["params"]]
        if others or any(gradient is None for gradient in gradients) or not self._are_in_rows(group):
            type(self).torchs_step(self)
            self._rows = None  # some weights may have taken other steps than the others
            return
        assert self._rows is not None
        torch._foreach_copy_(self._rows["gradient"].parts, gradients)
        self._numbers["step"].add_(1)
        self.move(group, self._rows)

    def number(self, name: str) -> float:
        """A number of torch's, which is that of all weights."""
        return float(self._numbers[name][0])

    def _are_in_rows(self, group: Mapping[str, Any]) -> bool:
        """Put the state that there is, or the first one, one after another; torch's state are then the parts.

        False where the numbers of the weights are not one.
        """
        if self._rows is not None:
            return True
        weights, means = group["params"], self.means(group)
        numbers = {name: torch.full((len(weights),), first) for name, first in self.numbers.items()}
        for number, weight in enumerate(weights):
            for name, values in numbers.items():
                if name in self.state[weight]:
                    values[number] = self.state[weight][name]
        if any((values != values[0]).any() for values in numbers.values()):
            return False
        rows = {name: Row(weights) for name in (*means, "gradient", *self.scratch)}
        for number, weight in enumerate(weights):
            state = self.state[weight]
            for name in means:
                place = rows[name].parts[number]
                if name in state:
                    place.copy_(state[name])
                state[name] = place
            for name, values in numbers.items():
                state[name] = values[number]
        self._rows, self._numbers = rows, numbers
        return True
