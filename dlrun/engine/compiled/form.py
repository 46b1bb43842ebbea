"""What the C file of a step depends on: all of its recorded operations, but for the values in their tensors."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from torch import Tensor

from dlrun.engine.compiled.recording import Operation


class Form:
    """`key` is equal for recordings that differ in values alone; `tensors` are those that it stands for, in its order.

    Memory is numbered as it appears, so that views of the same memory are the same in both.
    """

    def __init__(self, operations: Sequence[Operation], arguments: Iterable[tuple[Hashable, Tensor]]):
        self.tensors: list[Tensor] = []
        self._numbers: dict[int, int] = {}
        own = tuple([(given, self._tensor(tensor)) for given, tensor in arguments])
        self.key: Hashable = own, tuple([
            (one.name, one.views, self._of(one.args), tuple(one.kwargs), self._of(one.kwargs.values()),
             self._of(one.outs)) for one in operations])

    def _of(self, values: Iterable[Any]) -> Hashable:
        return tuple([self._tensor(value) if isinstance(value, Tensor) else
                      (type(value), self._of(value)) if isinstance(value, (list, tuple)) else
                      (type(value), repr(value)) for value in values])  # 1, 1.0 and True are equal; 0.0 and -0.0 too

    def _tensor(self, tensor: Tensor) -> Hashable:
        self.tensors.append(tensor)
        memory = tensor.untyped_storage()
        number = self._numbers.setdefault(memory._cdata, len(self._numbers))
        return (number, memory.nbytes(), tensor.shape, tensor.stride(), tensor.storage_offset(), tensor.dtype,
                tensor.device)
