"""The two forms of the GRU as loops over time with a backward pass of their own; see `scan`.

Gates lie in PyTorch's order r, z, n: reset, update, candidate.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.models.recurrent.link import Gate, Link, blocks, from_end, room, start


class GruScan(torch.autograd.Function):
    """Keras 2's: n = act(x + U (r h)), h = z h + (1 - z) n.  `mask` is None or (3, rows, units)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, h0: Tensor, mask: Tensor | None, act: Gate, gate: Gate,
                every: bool) -> Tensor:
        length, units, keep = x.shape[0], h0.shape[1], any(ctx.needs_input_grad)
        states = room(x, length + 1, units, keep or every)
        less, kept = (room(x, length, units, keep) for _ in range(2))  # h - n, r h
        states[0] = h0
        ctx.gates = Link(weight[:2 * units], None if mask is None else mask[:2])
        ctx.candidate = Link(weight[2 * units:], None if mask is None else mask[2:])
        ctx.act, ctx.gate, ctx.every, steps = act, gate, every, states.unbind(0)
        parts = [part.unbind(0) for part in (x[..., :2 * units], *x.split(units, 2), less, kept)]
        for gates, r, z, n, difference, reset, h, after in zip(*parts, steps, steps[1:]):
            ctx.gates.add(gates, h)
            gate.into(gates, gates)
            torch.mul(r, h, out=reset)
            ctx.candidate.add(n, reset)
            act.into(n, n)
            torch.sub(h, n, out=difference)
            torch.addcmul(n, z, difference, out=after)
        ctx.save_for_backward(x, states, less, kept)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        x, states, less, kept = ctx.saved_tensors
        units, dx = states.shape[2], torch.empty_like(x)
        d_gates, d_new = dx[..., :2 * units], dx[..., 2 * units:]
        dh = start(states, d_states, ctx.every)
        for first, last in blocks(len(x)):
            r, z, n = x[first:last].split(units, 2)
            gates, new = d_gates[first:last], d_new[first:last]
            gates.copy_(ctx.gate.slope(x[first:last, :, :2 * units]))
            of_r, of_z = gates.split(units, 2)
            of_r.mul_(states[first:last])
            of_z.mul_(less[first:last])
            torch.mul(ctx.act.slope(n), 1 - z, out=new)
            steps = from_end(d_states[first:last] if ctx.every else None, gates, of_r, of_z, new, r, z)
            for more, each, each_of_r, each_of_z, each_new, each_r, each_z in steps:
                if more is not None:
                    dh = dh + more
                reset = ctx.candidate.back(each_new.mul_(dh))
                each_of_r.mul_(reset)
                each_of_z.mul_(dh)
                dh = torch.mul(dh, each_z).addcmul_(reset, each_r).add_(ctx.gates.back(each))
        d_weight = torch.cat([ctx.gates.of_weight(d_gates, states[:-1]), ctx.candidate.of_weight(d_new, kept)])
        return dx, d_weight, dh, None, None, None, None


class GruAfterScan(torch.autograd.Function):
    """cuDNN's: n = act(x + r (U h + b)), h = z h + (1 - z) n.  `bias` (3 * units,) belongs to the recurrent product."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, h0: Tensor, mask: Tensor | None, act: Gate,
                gate: Gate, every: bool) -> Tensor:
        length, units, keep = x.shape[0], h0.shape[1], any(ctx.needs_input_grad)
        states = room(x, length + 1, units, keep or every)
        product, less = room(x, length, 3 * units, keep), room(x, length, units, keep)  # U h + b, h - n
        states[0] = h0
        ctx.link, ctx.act, ctx.gate, ctx.every, steps = Link(weight, mask), act, gate, every, states.unbind(0)
        parts = [part.unbind(0) for part in (x[..., :2 * units], *x.split(units, 2), product, product[..., :2 * units],
                                             product[..., 2 * units:], less)]
        for gates, r, z, n, whole, h_gates, h_new, difference, h, after in zip(*parts, steps, steps[1:]):
            whole.copy_(bias)
            ctx.link.add(whole, h)
            gates.add_(h_gates)
            gate.into(gates, gates)
            n.addcmul_(r, h_new)
            act.into(n, n)
            torch.sub(h, n, out=difference)
            torch.addcmul(n, z, difference, out=after)
        ctx.save_for_backward(x, states, product, less)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        x, states, product, less = ctx.saved_tensors
        units, dx, d_product = states.shape[2], torch.empty_like(x), torch.empty_like(x)
        dh = start(states, d_states, ctx.every)
        for first, last in blocks(len(x)):
            r, z, n = x[first:last].split(units, 2)
            d, new = d_product[first:last], dx[first:last, :, 2 * units:]
            torch.mul(ctx.act.slope(n), 1 - z, out=new)
            d[..., :2 * units] = ctx.gate.slope(x[first:last, :, :2 * units])
            d[..., :units].mul_(product[first:last, :, 2 * units:]).mul_(new)  # r acts through n alone
            d[..., units:2 * units].mul_(less[first:last])
            torch.mul(new, r, out=d[..., 2 * units:])
            by_gate = d.unflatten(2, (3, units))
            steps = from_end(d_states[first:last] if ctx.every else None, d, by_gate, new, z)
            for more, each, each_by_gate, each_new, each_z in steps:
                if more is not None:
                    dh = dh + more
                each_by_gate.mul_(dh.unsqueeze(1))
                each_new.mul_(dh)
                dh = torch.mul(dh, each_z).add_(ctx.link.back(each))
        dx[..., :2 * units] = d_product[..., :2 * units]
        return dx, ctx.link.of_weight(d_product, states[:-1]), d_product.sum((0, 1)), dh, None, None, None, None
