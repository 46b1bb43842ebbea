"""Elements of tensors in C: their types, where they lie, and the loops over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from dlrun.engine.compiled.loops import Axis
from dlrun.engine.compiled.recording import Unsupported

_ROW = "(m"  # how an axis begins that is a part of a joint loop's index
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
    places = [(name, stride) for name, stride in zip(index, strides) if name != "0"]
    while len(places) > 1 and places[-1][0].startswith(_ROW) and places[-2][0].startswith(_ROW):
        (outer, step), (inner, unit) = places[-2:]
        size = int(inner.split(" % ")[1][:-1])
        if step != unit * size:
            break
        # The axes lie one after another: (m / size % n) and (m % size) are one place, (m % (size * n)).
        whole = f"{_ROW} % {size * int(outer.split(' % ')[1][:-1])})" if " % " in outer else _ROW[1:]
        places[-2:] = [(whole, unit)]
    terms = [name if stride == 1 else f"{name} * {stride}" for name, stride in places if stride]
    if offset:
        terms.append(str(offset))
    return " + ".join(terms) or "0"


def flat_axes_of(like: Tensor) -> tuple[tuple[Axis, ...], Index] | None:
    """As `axes_of`, with one loop over all axes but the first; None where there is nothing to join.

    What is read at such an index has to be `is_flat`.
    """
    inner = [axis for axis in range(1, like.ndim) if like.shape[axis] != 1]
    if len(inner) < 2 or not like.is_contiguous():
        return None
    index, step = ["0"] * like.ndim, 1
    for axis in reversed(inner):
        size = like.shape[axis]
        first, last = axis == inner[0], axis == inner[-1]
        index[axis] = f"{_ROW} / {step})" if first else f"{_ROW} % {size})" if last else f"{_ROW} / {step} % {size})"
        step *= size
    loops: tuple[Axis, ...] = (("m", step),)
    if like.shape[0] != 1:
        index[0], loops = "i0", (("i0", like.shape[0]), *loops)
    return loops, tuple(index)


def is_flat(expression: str) -> bool:
    """Whether all that an expression reads lies as the joint loop of `flat_axes_of` goes: no index is divided."""
    return f"{_ROW} " not in expression


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
