"""Simple RNN and LSTM as loops over time with a backward pass of their own.

PyTorch's graph of such a loop costs several times the loop itself: the slices, sums and weight gradients of each step
are nodes.  Here the forward pass writes to memory laid out once, the slopes are taken for all steps together, and so
are the weights' gradients; a step back is some six operations.  There is no gradient of the gradient.

Inputs `x` (length, rows, gates * units) are the products with the input weights and the bias, made for all steps by
one matrix product.  Results are the states (length, rows, units), or with `every` unset the last one (rows, units).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.models.layers.recurrent_link import Gate, Link, room, start


class RnnScan(torch.autograd.Function):
    """h = act(x + U h); `weight` U is (units, units), `mask` None or (1, rows, units)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, h0: Tensor, mask: Tensor | None, act: Gate,
                every: bool) -> Tensor:
        length, rows, units = x.shape
        states = room(x, length + 1, units, every or any(ctx.needs_input_grad))
        states[0] = h0
        ctx.link, ctx.act, ctx.every, steps = Link(weight, mask), act, every, states.unbind(0)
        z = x.new_empty(rows, units)
        for now, h, after in zip(x.unbind(0), steps, steps[1:]):
            ctx.link.plus(now, h, z)
            act.into(z, after)
        ctx.save_for_backward(states)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        states, = ctx.saved_tensors
        dx = ctx.act.slope(states[1:])
        dh = start(states, d_states, ctx.every)
        for step in range(len(dx) - 1, -1, -1):
            if ctx.every:
                dh = dh + d_states[step]
            dh = ctx.link.back(dx[step].mul_(dh))
        return dx, ctx.link.of_weight(dx, states[:-1]), dh, None, None, None


class LstmScan(torch.autograd.Function):
    """c = f c + i g, h = o act(c) with g = act(.) and i, f, o = gate(.).

    Gates lie in the order g, i, f, o: what the gate activation applies to is one block, and so is what the gradient of
    c reaches.  `mask` is None or (4, rows, units).  The second result is the last c, without a gradient.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, h0: Tensor, c0: Tensor, mask: Tensor | None, act: Gate, gate: Gate,
                every: bool) -> tuple[Tensor, Tensor]:
        length, _, units = x.shape[0], x.shape[1], h0.shape[1]
        keep = any(ctx.needs_input_grad)
        z = room(x, length, 4 * units, keep)
        states, cells = room(x, length + 1, units, keep or every), room(x, length + 1, units, keep)
        ends = room(x, length, units, keep)  # act(c)
        states[0], cells[0] = h0, c0
        ctx.link, ctx.act, ctx.gate, ctx.every = Link(weight, mask), act, gate, every
        h_steps, c_steps = states.unbind(0), cells.unbind(0)
        parts = [part.unbind(0) for part in (z, z[..., units:], *z.split(units, 2))]
        for now, whole, gates, g, i, f, o, h, h_next, c, c_next, end in zip(
                x.unbind(0), *parts, h_steps, h_steps[1:], c_steps, c_steps[1:], ends.unbind(0)):
            ctx.link.plus(now, h, whole)
            gate.into(gates, gates)
            act.into(g, g)
            torch.mul(f, c, out=c_next)
            c_next.addcmul_(i, g)
            act.into(c_next, end)
            torch.mul(o, end, out=h_next)
        ctx.save_for_backward(z, states, cells, ends)
        last = cells[-1].clone()
        ctx.mark_non_differentiable(last)
        return states[1:] if every else states[-1].clone(), last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        z, states, cells, ends = ctx.saved_tensors
        units = states.shape[2]
        g, i, f, o = z.split(units, 2)
        through = ctx.act.slope(ends).mul_(o)  # from h to c
        dx = torch.empty_like(z)  # first each gate's factor beside the gradient of c, or of h for o
        torch.mul(ctx.act.slope(g), i, out=dx[..., :units])
        dx[..., units:] = ctx.gate.slope(z[..., units:])
        for place, factor in enumerate((g, cells[:-1], ends), 1):
            dx[..., place * units:(place + 1) * units].mul_(factor)
        dh = start(states, d_states, ctx.every)
        dc = torch.zeros_like(dh)
        for step in range(len(z) - 1, -1, -1):
            if ctx.every:
                dh = dh + d_states[step]
            dc.addcmul_(dh, through[step])
            now = dx[step]
            now[:, :3 * units].unflatten(1, (3, units)).mul_(dc.unsqueeze(1))
            now[:, 3 * units:].mul_(dh)
            dh = ctx.link.back(now)
            dc.mul_(f[step])
        return dx, ctx.link.of_weight(dx, states[:-1]), dh, dc, None, None, None, None
