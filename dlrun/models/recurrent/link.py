"""What the recurrent cells are made of: their activations with slopes, and the product with the recurrent weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Gate(NamedTuple):
    """`into(x, out)` writes the activation of x to `out`, which may be x; `slope(y)` is the derivative from it."""

    into: Callable[[Tensor, Tensor], object]
    slope: Callable[[Tensor], Tensor]


def _hard_sigmoid(x: Tensor, out: Tensor) -> object:
    """Keras 2's, 0.2 x + 0.5 between 0 and 1: PyTorch's (x / 6 + 0.5) of 1.2 x, whose kernel is one pass."""
    return F.hardsigmoid(torch.mul(x, 1.2, out=out), inplace=True)


def _hard_sigmoid_slope(y: Tensor) -> Tensor:
    """0.2 between 0 and 1, else 0, in one pass over y: comparisons and products are five."""
    return torch.ops.aten.hardtanh_backward(y.new_full((), 0.2).expand_as(y), y, 0.0, 1.0)  # type: ignore[no-any-return]


GATES = {
    "tanh": Gate(lambda x, out: torch.tanh(x, out=out), lambda y: 1 - y * y),
    "sigmoid": Gate(lambda x, out: torch.sigmoid(x, out=out), lambda y: y * (1 - y)),
    "hard_sigmoid": Gate(_hard_sigmoid, _hard_sigmoid_slope),
    "relu": Gate(lambda x, out: torch.clamp(x, min=0, out=out), lambda y: (y > 0).to(y.dtype)),
    "linear": Gate(lambda x, out: x if x is out else out.copy_(x), torch.ones_like),
}


class Link:
    """The product of the state with the recurrent weights of some gates, forwards and backwards.

    `weight` is (gates * units, units).  `mask` (gates, rows, units), if there is one, multiplies the state before the
    product, each gate's by its own: recurrent dropout.
    """

    def __init__(self, weight: Tensor, mask: Tensor | None):
        self.weight, self.mask = weight, mask
        self.turned = weight.t()
        if mask is not None:
            gates, _, units = mask.shape
            self.by_gate = weight.view(gates, units, units)
            self.by_gate_turned = self.by_gate.transpose(1, 2)

    def add(self, x: Tensor, h: Tensor) -> None:
        """Adds h U' to x (rows, gates * units) in place."""
        if self.mask is None:
            x.addmm_(h, self.turned)
        else:
            product = torch.bmm(h * self.mask, self.by_gate_turned)  # (gates, rows, units)
            x.unflatten(1, (len(self.mask), -1)).add_(product.transpose(0, 1))

    def back(self, gradient: Tensor) -> Tensor:
        """From the gradient of the product (rows, gates * units) to that of the state (rows, units)."""
        if self.mask is None:
            return torch.mm(gradient, self.weight)
        gates, _, units = self.mask.shape
        by_gate = gradient.unflatten(1, (gates, units)).transpose(0, 1)
        return (torch.bmm(by_gate, self.by_gate) * self.mask).sum(0)

    def of_weight(self, gradient: Tensor, h: Tensor) -> Tensor:
        """The weights' gradient from all steps at once: of the products (length, rows, gates * units), and states."""
        if self.mask is None:
            return gradient.flatten(0, 1).t() @ h.flatten(0, 1)
        parts = gradient.chunk(len(self.mask), 2)
        return torch.cat([part.flatten(0, 1).t() @ (h * mask).flatten(0, 1) for part, mask in zip(parts, self.mask)])


def room(like: Tensor, length: int, size: int, keep: bool) -> Tensor:
    """(length, rows, size) of memory; where nothing has to be kept, all steps share one step's."""
    rows = like.shape[1]
    return like.new_empty(length, rows, size) if keep else like.new_empty(1, rows, size).expand(length, -1, -1)


def start(states: Tensor, d_states: Tensor, every: bool) -> Tensor:
    """The gradient of the last state before the first step back."""
    return states.new_zeros(states.shape[1:]) if every else d_states


def from_end(d_states: Tensor | None, *parts: Tensor) -> Iterator[tuple[Any, ...]]:
    """The steps of all parts side by side, the last one first, and before them that of `d_states`, or None.

    They are views, made all at once: one by one they would cost as much as the products.
    """
    before = repeat(None) if d_states is None else d_states.unbind(0)[::-1]
    return zip(before, *(part.unbind(0)[::-1] for part in parts))


def blocks(length: int, size: int = 16) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) steps of blocks, from the end: what is computed for a block at once stays in cache."""
    for last in range(length, 0, -size):
        yield max(last - size, 0), last
