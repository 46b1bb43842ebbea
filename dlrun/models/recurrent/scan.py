"""Simple RNN and LSTM as loops over time with a backward pass of their own.

PyTorch's graph of such a loop costs several times the loop itself: the slices, sums and weight gradients of each step
are nodes.  Here the forward pass writes to memory laid out once, the slopes are taken for blocks of steps that stay in
the cache, the weights' gradients for all steps together; a step back is some six operations.  There is no gradient of
the gradient.

Inputs `x` (length, rows, gates * units) are the products with the input weights and the bias, made for all steps by
one matrix product, and are overwritten: nothing else may need them.  Results are the states (length, rows, units), or
with `every` unset the last one (rows, units).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.models.recurrent.link import Gate, Link, blocks, from_end, room, start


class RnnScan(torch.autograd.Function):
    """h = act(x + U h); `weight` U is (units, units), `mask` None or (1, rows, units)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, h0: Tensor, mask: Tensor | None, act: Gate,
                every: bool) -> Tensor:
        length, _, units = x.shape
        states = room(x, length + 1, units, every or any(ctx.needs_input_grad))
        states[0] = h0
        ctx.link, ctx.act, ctx.every, steps = Link(weight, mask), act, every, states.unbind(0)
        for now, h, after in zip(x.unbind(0), steps, steps[1:]):
            ctx.link.add(now, h)
            act.into(now, after)
        ctx.save_for_backward(states)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        states, = ctx.saved_tensors
        dx = torch.empty_like(states[1:])
        dh = start(states, d_states, ctx.every)
        for first, last in blocks(len(dx)):
            d = dx[first:last]
            d.copy_(ctx.act.slope(states[first + 1:last + 1]))
            for more, each in from_end(d_states[first:last] if ctx.every else None, d):
                if more is not None:
                    dh = dh + more
                dh = ctx.link.back(each.mul_(dh))
        return dx, ctx.link.of_weight(dx, states[:-1]), dh, None, None, None


class LstmScan(torch.autograd.Function):
    """c = f c + i g, h = o act(c) with g = act(.) and i, f, o = gate(.).

    Gates lie in the order g, i, f, o: what the gate activation applies to is one block, and so is what the gradient of
    c reaches.  `mask` is None or (4, rows, units).  The second result is the last c, without a gradient.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, h0: Tensor, c0: Tensor, mask: Tensor | None, act: Gate, gate: Gate,
                every: bool) -> tuple[Tensor, Tensor]:
        length, units, keep = x.shape[0], h0.shape[1], any(ctx.needs_input_grad)
        states, cells = room(x, length + 1, units, keep or every), room(x, length + 1, units, keep)
        ends = room(x, length, units, keep)  # act(c)
        states[0], cells[0] = h0, c0
        ctx.link, ctx.act, ctx.gate, ctx.every = Link(weight, mask), act, gate, every
        h_steps, c_steps = states.unbind(0), cells.unbind(0)
        parts = [part.unbind(0) for part in (x, x[..., units:], *x.split(units, 2))]
        for now, gates, g, i, f, o, h, h_next, c, c_next, end in zip(
                *parts, h_steps, h_steps[1:], c_steps, c_steps[1:], ends.unbind(0)):
            ctx.link.add(now, h)
            gate.into(gates, gates)
            act.into(g, g)
            torch.mul(f, c, out=c_next)
            c_next.addcmul_(i, g)
            act.into(c_next, end)
            torch.mul(o, end, out=h_next)
        ctx.save_for_backward(x, states, cells, ends)
        last = cells[-1].clone()
        ctx.mark_non_differentiable(last)
        return states[1:] if every else states[-1].clone(), last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        z, states, cells, ends = ctx.saved_tensors
        units, dx = states.shape[2], torch.empty_like(z)
        dh = start(states, d_states, ctx.every)
        dc = torch.zeros_like(dh)
        dc_by_gate = dc.unsqueeze(1)
        for first, last in blocks(len(z)):
            d, end = dx[first:last], ends[first:last]
            g, i, f, o = z[first:last].split(units, 2)
            through = ctx.act.slope(end).mul_(o)  # from h to c
            # First each gate's factor beside the gradient of c, or of h for o.
            torch.mul(ctx.act.slope(g), i, out=d[..., :units])
            d[..., units:] = ctx.gate.slope(z[first:last, :, units:])
            for place, factor in enumerate((g, cells[first:last], end), 1):
                d[..., place * units:(place + 1) * units].mul_(factor)
            of_c, of_h = d[..., :3 * units].unflatten(2, (3, units)), d[..., 3 * units:]
            steps = from_end(d_states[first:last] if ctx.every else None, d, of_c, of_h, through, f)
            for more, each, each_of_c, each_of_h, each_through, each_f in steps:
                if more is not None:
                    dh = dh + more
                dc.addcmul_(dh, each_through)
                each_of_c.mul_(dc_by_gate)
                each_of_h.mul_(dh)
                dh = ctx.link.back(each)
                dc.mul_(each_f)
        return dx, ctx.link.of_weight(dx, states[:-1]), dh, dc, None, None, None, None
