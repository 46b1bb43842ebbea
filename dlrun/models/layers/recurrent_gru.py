"""The two forms of the GRU as loops over time with a backward pass of their own; see `recurrent_scan`.

Gates lie in PyTorch's order r, z, n: reset, update, candidate.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.models.layers.recurrent_link import Gate, Link, room, start


class GruScan(torch.autograd.Function):
    """Keras 2's: n = act(x + U (r h)), h = z h + (1 - z) n.  `mask` is None or (3, rows, units)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, h0: Tensor, mask: Tensor | None, act: Gate, gate: Gate,
                every: bool) -> Tensor:
        length, units, keep = x.shape[0], h0.shape[1], any(ctx.needs_input_grad)
        states = room(x, length + 1, units, keep or every)
        gates, new, less, kept = (room(x, length, size, keep) for size in (2 * units, units, units, units))
        states[0] = h0
        ctx.gates = Link(weight[:2 * units], None if mask is None else mask[:2])
        ctx.candidate = Link(weight[2 * units:], None if mask is None else mask[2:])
        ctx.act, ctx.gate, ctx.every, steps = act, gate, every, states.unbind(0)
        parts = [part.unbind(0) for part in (x[..., :2 * units], x[..., 2 * units:], gates, *gates.split(units, 2),
                                             new, less, kept)]
        for x_gates, x_new, both, r, z, n, difference, reset, h, after in zip(*parts, steps, steps[1:]):
            ctx.gates.plus(x_gates, h, both)
            gate.into(both, both)
            torch.mul(r, h, out=reset)
            ctx.candidate.plus(x_new, reset, n)
            act.into(n, n)
            torch.sub(h, n, out=difference)
            torch.addcmul(n, z, difference, out=after)
        ctx.save_for_backward(states, gates, new, less, kept)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        states, gates, new, less, kept = ctx.saved_tensors
        units, before = states.shape[2], states[:-1]
        r, z = gates.split(units, 2)
        dx = states.new_empty(*new.shape[:2], 3 * units)
        dx[..., :2 * units] = ctx.gate.slope(gates)
        dx[..., :units].mul_(before)
        dx[..., units:2 * units].mul_(less)
        torch.mul(ctx.act.slope(new), 1 - z, out=dx[..., 2 * units:])
        dh = start(states, d_states, ctx.every)
        for step in range(len(new) - 1, -1, -1):
            if ctx.every:
                dh = dh + d_states[step]
            now = dx[step]
            reset = ctx.candidate.back(now[:, 2 * units:].mul_(dh))
            now[:, :units].mul_(reset)
            now[:, units:2 * units].mul_(dh)
            dh = torch.mul(dh, z[step]).addcmul_(reset, r[step]).add_(ctx.gates.back(now[:, :2 * units]))
        d_weight = torch.cat([ctx.gates.of_weight(dx[..., :2 * units], before),
                              ctx.candidate.of_weight(dx[..., 2 * units:], kept)])
        return dx, d_weight, dh, None, None, None, None


class GruAfterScan(torch.autograd.Function):
    """cuDNN's: n = act(x + r (U h + b)), h = z h + (1 - z) n.  `bias` (3 * units,) belongs to the recurrent product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, h0: Tensor, mask: Tensor | None, act: Gate,
                gate: Gate, every: bool) -> Tensor:
        length, units, keep = x.shape[0], h0.shape[1], any(ctx.needs_input_grad)
        states = room(x, length + 1, units, keep or every)
        product, gates, new, less = (room(x, length, size, keep) for size in (3 * units, 2 * units, units, units))
        states[0] = h0
        ctx.link, ctx.act, ctx.gate, ctx.every = Link(weight, mask), act, gate, every
        parts = [part.unbind(0) for part in (
            x[..., :2 * units], x[..., 2 * units:], product, product[..., :2 * units], product[..., 2 * units:], gates,
            *gates.split(units, 2), new, less, states)]
        steps, bias_row = parts.pop(), bias.expand(x.shape[1], -1)
        for x_gates, x_new, whole, h_gates, h_new, both, r, z, n, difference, h, after in zip(*parts, steps, steps[1:]):
            ctx.link.plus(bias_row, h, whole)
            torch.add(x_gates, h_gates, out=both)
            gate.into(both, both)
            torch.addcmul(x_new, r, h_new, out=n)
            act.into(n, n)
            torch.sub(h, n, out=difference)
            torch.addcmul(n, z, difference, out=after)
        ctx.save_for_backward(states, product, gates, new, less)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        states, product, gates, new, less = ctx.saved_tensors
        units = states.shape[2]
        r, z = gates.split(units, 2)
        dx = torch.empty_like(product)
        dx[..., :2 * units] = ctx.gate.slope(gates)
        dx[..., units:2 * units].mul_(less)
        candidate = dx[..., 2 * units:]
        torch.mul(ctx.act.slope(new), 1 - z, out=candidate)
        dx[..., :units].mul_(product[..., 2 * units:]).mul_(candidate)  # r acts through n alone
        d_product = dx.clone()
        d_product[..., 2 * units:].mul_(r)
        dh = start(states, d_states, ctx.every)
        for step in range(len(new) - 1, -1, -1):
            if ctx.every:
                dh = dh + d_states[step]
            d_product[step].unflatten(1, (3, units)).mul_(dh.unsqueeze(1))
            candidate[step].mul_(dh)
            dh = torch.mul(dh, z[step]).add_(ctx.link.back(d_product[step]))
        dx[..., :2 * units] = d_product[..., :2 * units]
        return dx, ctx.link.of_weight(d_product, states[:-1]), d_product.sum((0, 1)), dh, None, None, None, None
