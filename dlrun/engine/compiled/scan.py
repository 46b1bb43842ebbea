"""An LSTM's scan over time in C, in the place of `models.recurrent.scan.LstmScan` while a network trains."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.scan_source import ROWS, filled, scan_source

_WORK = 1 << 22  # multiply-adds of a pass for each thread: a thread takes as long to start as a tenth of them
_LANES = 16  # floats of a vector; processors with shorter ones take several in its place
KINDS = {torch.float32: "float", torch.float64: "double"}
Take = Callable[[int, Any], None]


class CompiledLstm:
    """The scan of a cell with so many units; called as `LstmScan.apply` is, without masks of the state.

    Raises `compiler.NoCompiler`.
    """

    def __init__(self, units: int, act: str, gate: str, dtype: torch.dtype, found: tuple[str, str]):
        self.units, self.dtype = units, dtype
        self.lanes = _LANES * 4 // dtype.itemsize
        self._take: Take = compiler.library(scan_source(units, act, gate, KINDS[dtype], self.lanes), found).take

    def __deepcopy__(self, memo: dict[int, Any]) -> CompiledLstm:
        """A copied network has the same library."""
        return self

    def __call__(self, z: Tensor, weight: Tensor, h0: Tensor, c0: Tensor, every: bool) -> tuple[Tensor, Tensor]:
        states, last = _Scan.apply(z.contiguous(), weight, h0, c0, every, self)
        return states, last

    def filled_up(self, weight: Tensor) -> Tensor:
        """A matrix with its lines filled up with zeros."""
        columns = filled(weight.shape[1], self.lanes)
        return torch.nn.functional.pad(weight, (0, columns - weight.shape[1])).contiguous()

    def run(self, which: int, shape: Sequence[int], every: bool, *arrays: Tensor) -> None:
        """Forwards (0) or backwards (1), for z of that shape; torch's number of threads share the rows."""
        length, rows = shape[0], shape[1]
        blocks, enough = -(-rows // ROWS), length * rows * 4 * self.units * self.units // _WORK
        parts = max(1, min(torch.get_num_threads(), blocks, enough))
        ends = [min(rows, ROWS * (blocks * part // parts)) for part in range(parts)] + [rows]
        others = [Thread(target=self._rows, args=(which, length, rows, first, last, every, arrays))
                  for first, last in zip(ends[1:], ends[2:])]
        for other in others:
            other.start()
        self._rows(which, length, rows, 0, ends[1], every, arrays)
        for other in others:
            other.join()

    def _rows(self, which: int, length: int, rows: int, first: int, last: int, every: bool,
              arrays: Sequence[Tensor]) -> None:
        numbers = (ctypes.c_long * 5)(length, rows, first, last, every)
        pointers = [ctypes.addressof(numbers), *(array.data_ptr() for array in arrays)]
        self._take(which, (ctypes.c_void_p * len(pointers))(*pointers))


class _Scan(torch.autograd.Function):
    """As `LstmScan`: z (length, rows, 4 * units) is overwritten; weight is (4 * units, units), gates g, i, f, o."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, weight: Tensor, h0: Tensor, c0: Tensor, every: bool,
                scan: CompiledLstm) -> tuple[Tensor, Tensor]:
        length, rows, units = z.shape[0], z.shape[1], scan.units
        states, cells = z.new_empty(length + 1, rows, units), z.new_empty(length + 1, rows, units)
        ends = z.new_empty(length, rows, units)
        states[0], cells[0] = h0, c0
        scan.run(0, z.shape, every, z, scan.filled_up(weight.t()), states, cells, ends)
        ctx.scan, ctx.every = scan, every
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
        ctx.scan.run(1, z.shape, ctx.every, z, ctx.scan.filled_up(weight), cells, ends, made, dz, dh, dc)
        return dz, dz.flatten(0, 1).t() @ states[:-1].flatten(0, 1), dh, dc, None, None
