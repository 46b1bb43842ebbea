"""A GRU's scan over time in C, in the place of those of `models.recurrent.gru` while a network trains."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.engine.compiled.gru_source import after_source, before_source
from dlrun.engine.compiled.scan_library import ScanLibrary
from dlrun.models.recurrent.link import Link


class CompiledGru(ScanLibrary):
    """The scan of a cell with so many units, which resets before the product; called as `GruScan.apply` is.

    Raises `compiler.NoCompiler`.
    """

    def __init__(self, units: int, act: str, gate: str, dtype: torch.dtype, found: tuple[str, str],
                 masked: bool = False):
        super().__init__(units, act, gate, dtype, found, masked, before_source)

    def __call__(self, z: Tensor, weight: Tensor, h0: Tensor, mask: Tensor | None, every: bool) -> Tensor:
        states: Tensor = _Before.apply(z.contiguous(), weight, h0, mask, every, self)  # type: ignore[no-untyped-call]
        return states


class CompiledGruAfter(ScanLibrary):
    """The same of a cell that resets after the product, as `GruAfterScan.apply`; `bias` is the product's."""

    def __init__(self, units: int, act: str, gate: str, dtype: torch.dtype, found: tuple[str, str],
                 masked: bool = False):
        super().__init__(units, act, gate, dtype, found, masked, after_source)

    def __call__(self, z: Tensor, weight: Tensor, bias: Tensor, h0: Tensor, mask: Tensor | None,
                 every: bool) -> Tensor:
        states: Tensor = _After.apply(  # type: ignore[no-untyped-call]
            z.contiguous(), weight, bias, h0, mask, every, self)
        return states


def _room(z: Tensor, h0: Tensor) -> tuple[Tensor, Tensor]:
    """The states of all steps, begun with the first, and as much for what is kept of each."""
    length, rows, units = z.shape[0], *h0.shape
    states = z.new_empty(length + 1, rows, units)
    states[0] = h0
    return states, z.new_empty(length, rows, units)


def _begin(d_states: Tensor, states: Tensor, every: bool) -> tuple[Tensor, Tensor]:
    """The gradients that were given, and that of the last state before the first step back."""
    made = d_states.contiguous()
    return made, torch.zeros_like(states[0]) if every else made.clone()


class _Before(torch.autograd.Function):
    """As `GruScan`: z (length, rows, 3 * units) is overwritten; weight is (3 * units, units), gates r, z, n."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: Tensor, h0: Tensor, mask: Tensor | None, every: bool,
                scan: CompiledGru) -> Tensor:
        states, kept = _room(z, h0)
        of_gates, of_new = weight.split((2 * scan.units, scan.units))
        scan.run(0, z.shape, every, mask, z, scan.forwards(of_gates), scan.forwards(of_new), states, kept)
        ctx.scan, ctx.every, ctx.mask = scan, every, mask
        ctx.save_for_backward(z, weight, states, kept)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        z, weight, states, kept = ctx.saved_tensors
        scan, dz = ctx.scan, torch.empty_like(z)
        of_gates, of_new = weight.split((2 * scan.units, scan.units))
        made, dh = _begin(d_states, states, ctx.every)
        scan.run(1, z.shape, ctx.every, ctx.mask, z, scan.backwards(of_gates), scan.backwards(of_new), states, made, dz,
                 dh)
        d_gates, d_new = dz.split((2 * scan.units, scan.units), 2)
        of_gates_mask, of_new_mask = (None, None) if ctx.mask is None else ctx.mask.split((2, 1))
        d_weight = torch.cat([Link(of_gates, of_gates_mask).of_weight(d_gates, states[:-1]),
                              Link(of_new, of_new_mask).of_weight(d_new, kept)])
        return dz, d_weight, dh, None, None, None


class _After(torch.autograd.Function):
    """As `GruAfterScan`; `kept` is the candidate's part of the product."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: Tensor, bias: Tensor, h0: Tensor, mask: Tensor | None, every: bool,
                scan: CompiledGruAfter) -> Tensor:
        states, kept = _room(z, h0)
        scan.run(0, z.shape, every, mask, z, scan.forwards(weight), bias.contiguous(), states, kept)
        ctx.scan, ctx.every, ctx.mask = scan, every, mask
        ctx.save_for_backward(z, weight, states, kept)
        return states[1:] if every else states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor | None, ...]:
        z, weight, states, kept = ctx.saved_tensors
        scan, dz = ctx.scan, torch.empty_like(z)
        made, dh = _begin(d_states, states, ctx.every)
        scan.run(1, z.shape, ctx.every, ctx.mask, z, scan.backwards(weight), kept, states, made, dz, dh)
        d_product = dz.clone()
        d_product[..., 2 * scan.units:] *= z[..., :scan.units]  # r acts on the product
        d_weight = Link(weight, ctx.mask).of_weight(d_product, states[:-1])
        return dz, d_weight, d_product.flatten(0, 1).sum(0), dh, None, None, None
