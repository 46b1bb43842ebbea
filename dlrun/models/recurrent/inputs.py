"""The products of all steps' inputs with the input weights where each gate has a dropout mask of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class MaskedInputs(torch.autograd.Function):
    """(length, rows, gates * units) from x (length, rows, features) and masks (gates, rows, features).

    `weight` is (gates * units, features), `bias` (gates * units,).  Products are written to where a scan reads them:
    a batched product of all gates would have to be turned around twice, which costs as much as itself.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight, mask)
        made = x.new_empty(*x.shape[:2], len(weight))
        parts = made.flatten(0, 1).chunk(len(mask), 1)
        for each, of_gate, begin, part in zip(mask, *_by_gate(len(mask), weight, bias), parts):
            torch.addmm(begin, (x * each).flatten(0, 1), of_gate.t(), out=part)
        return made

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, mask = ctx.saved_tensors
        d = d.flatten(0, 1)
        d_x: Tensor | None = None
        of_weights = []
        for each, of_gate, part in zip(mask, *_by_gate(len(mask), weight), d.chunk(len(mask), 1)):
            of_weights.append(part.t() @ (x * each).flatten(0, 1))
            if ctx.needs_input_grad[0]:
                of_x = (part @ of_gate).view_as(x).mul_(each)
                d_x = of_x if d_x is None else d_x.add_(of_x)
        return d_x, torch.cat(of_weights), d.sum(0), None


def _by_gate(gates: int, *values: Tensor) -> tuple[tuple[Tensor, ...], ...]:
    return tuple(value.chunk(gates) for value in values)
