"""An LSTM's scan over time in C, in the place of `models.recurrent.scan.LstmScan` while a network trains."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.engine.compiled.scan_library import ScanLibrary
from dlrun.engine.compiled.scan_source import scan_source
from dlrun.models.recurrent.link import Link


class CompiledLstm(ScanLibrary):
    """The scan of a cell with so many units; called as `LstmScan.apply` is.  Raises `compiler.NoCompiler`."""

    def __init__(self, units: int, act: str, gate: str, dtype: torch.dtype, found: tuple[str, str],
                 masked: bool = False):
        super().__init__(units, act, gate, dtype, found, masked, scan_source)

    def __call__(self, z: Tensor, weight: Tensor, h0: Tensor, c0: Tensor, mask: Tensor | None,
                 every: bool) -> tuple[Tensor, Tensor]:
        states, last = _Scan.apply(z.contiguous(), weight, h0, c0, mask, every, self)
        return states, last


class _Scan(torch.autograd.Function):
    """As `LstmScan`: z (length, rows, 4 * units) is overwritten; weight is (4 * units, units), gates g, i, f, o."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: Tensor, h0: Tensor, c0: Tensor, mask: Tensor | None, every: bool,
                scan: CompiledLstm) -> tuple[Tensor, Tensor]:
        length, rows, units = z.shape[0], z.shape[1], scan.units
        states, cells = z.new_empty(length + 1, rows, units), z.new_empty(length + 1, rows, units)
        ends = z.new_empty(length, rows, units)
        states[0], cells[0] = h0, c0
        scan.run(0, z.shape, every, mask, z, scan.forwards(weight), states, cells, ends)
        ctx.scan, ctx.every, ctx.mask = scan, every, mask
        ctx.save_for_backward(z, weight, states, cells, ends)
        last = cells[-1].clone()
        ctx.mark_non_differentiable(last)
        return states[1:] if every else states[-1].clone(), last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_states: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        z, weight, states, cells, ends = ctx.saved_tensors
        dz = torch.empty_like(z)
        made = d_states.contiguous()
        dh = torch.zeros_like(states[0]) if ctx.every else made.clone()
        dc = torch.zeros_like(dh)
        ctx.scan.run(1, z.shape, ctx.every, ctx.mask, z, ctx.scan.backwards(weight), cells, ends, made, dz, dh, dc)
        return dz, Link(weight, ctx.mask).of_weight(dz, states[:-1]), dh, dc, None, None, None
