"""A loop over time in C as torch's operations call it: its library, its weights, the threads that share its rows."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any

import torch
from torch import Tensor

from dlrun.engine.compiled import compiler
from dlrun.engine.compiled.scan_parts import ROWS, filled

_WORK = 1 << 22  # multiply-adds of a pass for each thread: a thread takes as long to start as a tenth of them
_LANES = 16  # floats of a vector; processors with shorter ones take several in its place
KINDS = {torch.float32: "float", torch.float64: "double"}
Take = Callable[[int, Any], None]


class ScanLibrary:
    """`source` gives the file for a size, the activations of states and gates, the type in C, the vectors' lanes, and
    whether masks (gates, rows, units) multiply the states before their products.

    Raises `compiler.NoCompiler`.
    """

    def __init__(self, units: int, act: str, gate: str, dtype: torch.dtype, found: tuple[str, str], masked: bool,
                 source: Callable[[int, str, str, str, int, bool], str]):
        self.units, self.masked = units, masked
        self.lanes = _LANES * 4 // dtype.itemsize
        self._take: Take = compiler.library(source(units, act, gate, KINDS[dtype], self.lanes, masked), found).take

    def __deepcopy__(self, memo: dict[int, Any]) -> ScanLibrary:
        """A copied network has the same library."""
        return self

    def forwards(self, weight: Tensor) -> Tensor:
        """The weights of some gates (gates * units, units) as the products of states take them."""
        return self.backwards(weight.unflatten(0, (-1, self.units)).transpose(1, 2) if self.masked else weight.t())

    def backwards(self, weight: Tensor) -> Tensor:
        """As the products of gradients take them: with their lines filled up with zeros."""
        columns = filled(weight.shape[-1], self.lanes)
        return torch.nn.functional.pad(weight, (0, columns - weight.shape[-1])).contiguous()

    def run(self, which: int, shape: Sequence[int], every: bool, mask: Tensor | None, *arrays: Tensor) -> None:
        """Forwards (0) or backwards (1), for z of that shape; torch's number of threads share the rows."""
        arrays = arrays[0] if mask is None else mask.contiguous(), *arrays  # without a mask nobody reads its place
        length, rows = shape[0], shape[1]
        blocks, enough = -(-rows // ROWS), length * shape[2] * rows * self.units // _WORK
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
