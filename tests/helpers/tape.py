"""A stand-in for CUDA graphs on the CPU: operations that are done again on the memory that they were recorded on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

# The host reads, or gives values.
HOST = ("_local_scalar_dense", "lift_fresh", "item", "nonzero", "masked_select", "equal", "is_nonzero")
DRAWS = ("normal_", "uniform_", "random_", "bernoulli_", "rand", "randn", "native_dropout", "bernoulli")


def tape(work: Callable[[], None]) -> Callable[[], None]:
    """As `engine.packed.graphs.CudaCapture`: what is recorded is not executed, and replaying it runs no Python of it.

    Raises RuntimeError for what a CUDA graph cannot hold.
    """
    recording = _Recording()
    with recording:
        work()
    for value, before in recording.before:
        value.copy_(before)
    return recording.replay


def _written(func: Any, args: Any, kwargs: Any) -> list[Tensor]:
    found = []
    for place, argument in enumerate(func._schema.arguments):
        unsaid = func._schema.name.endswith("batch_norm") and argument.name.startswith("running_")
        if unsaid or argument.alias_info is not None and argument.alias_info.is_write:
            found += tree_flatten(kwargs.get(argument.name) if argument.kwarg_only else args[place])[0]
    return [value for value in found if value is not None]


class _Recording(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[Any, Any, Any, list[Tensor]]] = []
        self.before: list[tuple[Tensor, Tensor]] = []
        self._own: set[int] = set()  # storages made while recording, or saved already

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = func._schema.name.partition("::")[2]
        if name in HOST or name in DRAWS:
            raise RuntimeError(f"operation not permitted when stream is capturing: {name}")
        for value in _written(func, args, kwargs):
            if value.untyped_storage().data_ptr() not in self._own:
                whole = torch.empty(0, dtype=value.dtype).set_(value.untyped_storage())
                self.before.append((whole, whole.clone()))
                self._own.add(value.untyped_storage().data_ptr())
        found = func(*args, **kwargs)
        outputs = [value for value in tree_flatten(found)[0] if isinstance(value, Tensor)]
        if all(returned.alias_info is None for returned in func._schema.returns):
            self._own |= {value.untyped_storage().data_ptr() for value in outputs}
        elif not _written(func, args, kwargs):
            self.operations.append((None, args, kwargs, outputs))  # a view: it stays where it is
            return found
        self.operations.append((func, args, kwargs, outputs))
        return found

    @torch.no_grad()
    def replay(self) -> None:
        for func, args, kwargs, outputs in self.operations:
            if func is None:
                continue
            again = [value for value in tree_flatten(func(*args, **kwargs))[0] if isinstance(value, Tensor)]
            for place, value in zip(outputs, again):
                if place is not value and place.data_ptr() != value.data_ptr():
                    place.copy_(value)
