"""Sums, means and largest values over axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dlrun.engine.compiled.elements import TYPES, At, Index, axes_of, flat_axes_of, is_flat, position
from dlrun.engine.compiled.loops import nested
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.recording import Operation, Unsupported


def reduced(low: Lowering, like: Tensor, at: At, axes: Sequence[int], start: str, step: str) -> At:
    """The elements of `like`'s shape, reduced over `axes`, at an index that has "0" there.

    `step` says what becomes of ACC by VALUE.
    """
    kind = TYPES[like.dtype]
    over = {axis % like.ndim for axis in axes}
    kept = torch.empty([1 if axis in over else size for axis, size in enumerate(like.shape)], dtype=like.dtype)
    _, index = axes_of(like)
    loops = [(f"i{axis}", size) for axis, size in enumerate(like.shape) if size != 1]
    outer = [loop for loop in loops if int(loop[0][1:]) not in over]
    inner = [loop for loop in loops if int(loop[0][1:]) in over]
    value = at(index)
    if not outer and (flat := flat_axes_of(like)) and is_flat(joint := at(flat[1])):
        inner, value = list(flat[0]), joint
    simd = "#pragma omp simd reduction(+:acc)\n" if step.startswith("ACC +=") else ""
    if not outer:
        name = low.variable(like.dtype)
        body = nested(inner[:-1], simd * bool(inner) + nested(inner[-1:], _step(step, "acc", value)))
        low.code.line(f"{kind} {name}; {{ {kind} acc = {start};\n{body}\n{name} = acc; }}")
        return lambda _: name
    name = low.temporary(kept)
    strides = kept.stride()
    place = position(tuple("0" if axis in over else own for axis, own in enumerate(index)), strides, 0)
    if not inner or int(inner[-1][0][1:]) > int(outer[-1][0][1:]):
        body = nested(inner[:-1], simd * bool(inner) + nested(inner[-1:], _step(step, "acc", value)))
        low.code.line(nested(outer, f"{kind} acc = {start};\n{body}\n{name}[{place}] = acc;"))
    else:  # the last axis stays: row after row is added to all results
        low.code.line(nested(outer, f"{name}[{place}] = {start};"))
        low.code.line(nested(loops, _step(step, f"{name}[{place}]", value)))

    def found(given: Index) -> str:
        own = tuple("0" if axis in over else one for axis, one in enumerate(given))
        return f"{name}[{position(own, strides, 0)}]"

    return found


def _step(step: str, acc: str, value: str) -> str:
    return step.replace("ACC", acc).replace("VALUE", value)


def _axes(operation: Operation, place: int = 1) -> list[int]:
    source = operation.args[0]
    given: Any = operation.args[place] if len(operation.args) > place else operation.kwargs.get("dim")
    if given is None or given == []:
        return list(range(source.ndim))
    return [given % max(1, source.ndim)] if isinstance(given, int) else [axis % max(1, source.ndim) for axis in given]


def _keeping(operation: Operation, axes: Sequence[int], at: At) -> At:
    """An element of the result, whose axes may be gone."""
    source, out = operation.args[0], operation.out
    if out.ndim == source.ndim:
        return at

    def whole(index: Index) -> str:
        left = iter(index)
        return at(tuple("0" if axis in axes else next(left) for axis in range(source.ndim)))

    return whole


def sum_of(low: Lowering, like: Tensor, at: At, axes: Sequence[int]) -> At:
    """The sum over `axes` of values of `like`'s shape and type."""
    return reduced(low, like, at, axes, "0", "ACC += VALUE;")


def largest_of(low: Lowering, like: Tensor, at: At, axes: Sequence[int]) -> At:
    """The largest value over `axes`."""
    return reduced(low, like, at, axes, "-INFINITY", "ACC = MAXIMUM(VALUE, ACC);")


def _smallest_of(low: Lowering, like: Tensor, at: At, axes: Sequence[int]) -> At:
    return reduced(low, like, at, axes, "INFINITY", "ACC = MINIMUM(VALUE, ACC);")


def _all_of(low: Lowering, like: Tensor, at: At, axes: Sequence[int]) -> At:
    return reduced(low, like, at, axes, "1", "ACC = ACC & (VALUE != 0);")


def total(low: Lowering, operation: Operation) -> None:
    """`sum`, `mean`, `amax`, `amin` and `all`."""
    source, out, axes = operation.args[0], operation.out, _axes(operation)
    at, _ = low.reader(source)
    like, kind = source, TYPES[out.dtype]
    if out.dtype != source.dtype:
        like, inner = torch.empty(source.shape, dtype=out.dtype), at
        at = lambda index: f"(({kind}){inner(index)})"  # noqa: E731
    if source.numel() == 1:
        found = at
    else:
        found = {"amax": largest_of, "amin": _smallest_of, "all": _all_of}.get(operation.name, sum_of)(
            low, like, at, axes)
    at = _keeping(operation, axes, found)
    if operation.name == "mean":
        count = source.numel() // max(1, out.numel())
        low.put(out, lambda index: f"({at(index)} / {count})", 1)
    else:
        low.put(out, at, 0)


def argmax(low: Lowering, operation: Operation) -> None:
    """The place of the first largest value along an axis; of several that are no numbers that of the first."""
    source, out = operation.args[0], operation.out
    axes = _axes(operation)
    if len(axes) != 1:
        raise Unsupported("argmax over all values")
    [axis] = axes
    at, _ = low.reader(source)
    kind, name = TYPES[source.dtype], low.temporary(torch.empty(out.shape, dtype=out.dtype))
    loops = [(f"i{place}", size) for place, size in enumerate(source.shape) if size != 1 and place != axis]
    _, index = axes_of(source)
    own = tuple(one for place, one in enumerate(index) if place != axis)
    strides = torch.empty([size for place, size in enumerate(source.shape) if place != axis]).stride()
    value = at(tuple("i" if place == axis else one for place, one in enumerate(index)))
    low.code.line(nested(loops, f"""{kind} best = -INFINITY; long where = 0;
for (long i = 0; i < {source.shape[axis]}; ++i) {{
const {kind} value = {value};
if (value > best || (value != value && best == best)) {{ best = value; where = i; }}
}}
{name}[{position(own, strides, 0)}] = where;"""))

    def found(given: Index) -> str:
        if out.ndim == source.ndim:
            given = given[:axis] + given[axis + 1:]
        return f"{name}[{position(given, strides, 0)}]"

    low.put(out, found, 0)
