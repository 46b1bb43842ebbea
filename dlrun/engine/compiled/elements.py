"""Elements of tensors in C: their types, where they lie, and the loops over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlrun.engine.compiled.loops import Axis
from dlrun.engine.compiled.recording import Unsupported

TYPES = {torch.float32: "float", torch.float64: "double", torch.int64: "long", torch.int32: "int",
         torch.int16: "short", torch.uint8: "unsigned char", torch.bool: "unsigned char"}
Index: TypeAlias = tuple[str, ...]  # an expression for each axis
At: TypeAlias = Callable[[Index], str]  # an element as an expression


def same_place(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one memory have the same elements at the same places."""
    return (one.shape == other.shape and one.stride() == other.stride() and one.dtype == other.dtype
            and one.storage_offset() == other.storage_offset())


def axes_of(like: Tensor) -> tuple[tuple[Axis, ...], Index]:
    """The loops over a tensor's elements, as they lie in memory, and the index within them."""
    axes = [axis for axis in range(like.ndim) if like.shape[axis] != 1]
    steps = like.stride()
    ordered = sorted(axes, key=lambda axis: -steps[axis])
    return (tuple((f"i{axis}", like.shape[axis]) for axis in ordered),
            tuple(f"i{axis}" if axis in axes else "0" for axis in range(like.ndim)))


def position(index: Index, strides: Sequence[int], offset: int) -> str:
    """Where an element lies."""
    terms = [name if stride == 1 else f"{name} * {stride}" for name, stride in zip(index, strides)
             if name != "0" and stride]
    if offset:
        terms.append(str(offset))
    return " + ".join(terms) or "0"


def broadcast(at: At, shape: Sequence[int]) -> At:
    """An element of a tensor at an index of what it is broadcast to."""
    def aligned(index: Index) -> str:
        own = index[len(index) - len(shape):]
        return at(tuple("0" if size == 1 else name for name, size in zip(own, shape)))

    return aligned


def constant(value: Any, kind: torch.dtype) -> str:
    """A number in C."""
    if isinstance(value, bool):
        value = int(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise Unsupported(f"the number {value}")
    return f"({TYPES[kind]}){value!r}" if value >= 0 else f"(-({TYPES[kind]}){-value!r})"
