"""Each of torch's operations that a recorded step may have, in C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from dlrun.engine.compiled.batch_norm import batch_norm, batch_norm_backward
from dlrun.engine.compiled.elements import TYPES, At, Index
from dlrun.engine.compiled.formulas import COMPARISONS, COSTLY, FORMULAS
from dlrun.engine.compiled.losses import LOSSES
from dlrun.engine.compiled.lowering import Lowering, element
from dlrun.engine.compiled.matrices import addmm, bmm, mm
from dlrun.engine.compiled.recording import Operation, Unsupported
from dlrun.engine.compiled.reductions import argmax, total
from dlrun.engine.compiled.tables import embedding, embedding_backward, index_select, rows_at

Handler = Callable[[Lowering, Operation], None]


def lower(low: Lowering, operation: Operation) -> None:
    """Write an operation; raises Unsupported for one that is not known here."""
    handler = HANDLERS.get(operation.name)
    if handler is not None:
        handler(low, operation)
        return
    name = operation.name.removesuffix("_")
    if name in FORMULAS or name in COMPARISONS:
        _pointwise(low, operation, name)
        return
    raise Unsupported(f"the operation {operation.name}")


def _pointwise(low: Lowering, operation: Operation, name: str) -> None:
    out = operation.out
    kind = out.dtype
    formula = FORMULAS.get(name) or COMPARISONS[name]
    if name in COMPARISONS:
        left = operation.args[0]
        kind = torch.result_type(left, operation.args[1]) if len(operation.args) > 1 else left.dtype
    if name == "bitwise_not" and kind != torch.bool:
        raise Unsupported("bits of whole numbers")
    if operation.kwargs.get("approximate", "none") != "none":
        raise Unsupported(f"{name} with {operation.kwargs['approximate']}")
    if name in ("div", "true_divide") and operation.kwargs.get("rounding_mode") is not None:
        raise Unsupported("division with rounding")
    if not kind.is_floating_point and (name in COSTLY or name in ("where", "maximum", "minimum", "abs", "sgn")):
        raise Unsupported(f"{name} of whole numbers")
    made: list[Any] = []
    for place, value in enumerate(operation.args):
        if isinstance(value, str):
            if value != "none":
                raise Unsupported(f"{name} with {value}")
            continue
        of = torch.bool if name == "where" and place == 0 else kind
        made.append(element(low, value, of, out.shape))
    if name in ("div", "true_divide") and _is_scale(operation.args[1], out):
        name, made[1] = "mul", (low.inverse(made[1][0], kind), 0)
        formula = FORMULAS[name]
    named = {key: element(low, value, kind, out.shape) for key, value in operation.kwargs.items()
             if key not in ("rounding_mode", "out", "approximate") and not (key == "alpha" and value == 1)
             and not (key == "value" and value == 1)}

    def at(index: Index) -> str:
        text = formula(*(one(index) for one, _ in made), **{key: one(index) for key, (one, _) in named.items()})
        return f"(({TYPES[out.dtype]}){text})"

    cost = sum(cost for _, cost in [*made, *named.values()]) + (8 if name in COSTLY else 1)
    _made(low, operation, at, cost)


def _is_scale(divisor: Any, out: Tensor) -> bool:
    """Whether many floats are divided by one number: a division takes as long as several products."""
    return (isinstance(divisor, Tensor) and divisor.numel() == 1 and divisor.ndim == 0 and out.numel() > 1
            and out.dtype.is_floating_point)


def _made(low: Lowering, operation: Operation, at: At, cost: int) -> None:
    if operation.in_place:
        low.change(operation.out, at, cost)
    else:
        low.put(operation.out, at, cost)


def _square_or_power(low: Lowering, operation: Operation) -> None:
    base, exponent = operation.args[:2]
    kind = operation.out.dtype
    (low_at, cost), (high_at, _) = (element(low, value, kind, operation.out.shape) for value in (base, exponent))
    if not kind.is_floating_point:
        raise Unsupported("powers of whole numbers")
    if not isinstance(exponent, Tensor) and exponent in (1, 2, 0.5):
        form = {1: "{0}", 2: "SQUARE({0})", 0.5: "SQRT({0})"}[exponent]
        _made(low, operation, lambda index: form.format(low_at(index)), cost + 1)
        return
    function = "powf" if kind == torch.float32 else "pow"
    _made(low, operation, lambda index: f"{function}({low_at(index)}, {high_at(index)})", cost + 8)


def _clamp(low: Lowering, operation: Operation) -> None:
    value, *bounds = operation.args
    bounds += [None] * (2 - len(bounds))
    lowest, highest = operation.kwargs.get("min", bounds[0]), operation.kwargs.get("max", bounds[1])
    if operation.name.startswith("clamp_m"):
        bound = operation.args[1]
        lowest, highest = (bound, None) if operation.name.startswith("clamp_min") else (None, bound)
    kind, shape = operation.out.dtype, operation.out.shape
    at, cost = element(low, value, kind, shape)
    for function, bound in (("MAXIMUM", lowest), ("MINIMUM", highest)):
        if bound is not None:
            edge, more = element(low, bound, kind, shape)
            at = _call(function, at, edge)
            cost += more + 1
    _made(low, operation, at, cost)


def _call(function: str, one: At, other: At) -> At:
    return lambda index: f"{function}({one(index)}, {other(index)})"


def _copy(low: Lowering, operation: Operation) -> None:
    """`copy_`, `clone`, `_to_copy` and the like: the same values, of the result's type."""
    source = operation.args[1] if operation.name == "copy_" else operation.args[0]
    at, cost = element(low, source, operation.out.dtype, operation.out.shape)
    _made(low, operation, at, cost)


def _filled(value: Any) -> Handler:
    def handler(low: Lowering, operation: Operation) -> None:
        given = value(operation) if callable(value) else value
        at, cost = element(low, given, operation.out.dtype, operation.out.shape)
        _made(low, operation, at, cost)

    return handler


def _select_backward(low: Lowering, operation: Operation) -> None:
    gradient, _, axis, place = operation.args[:4]
    out = operation.out
    axis %= out.ndim
    place %= out.shape[axis]
    inner, cost = low.reader(gradient)

    def chosen(index: Index) -> str:
        value = inner(index[:axis] + index[axis + 1:])
        return value if index[axis] == "0" else f"SELECT({index[axis]} == {place}, {value}, 0)"

    low.put(out, chosen, cost + 1)


def _cat(low: Lowering, operation: Operation) -> None:
    tensors: Sequence[Tensor] = operation.args[0]
    axis = operation.args[1] if len(operation.args) > 1 else operation.kwargs.get("dim", 0)
    out, begin = operation.out, 0
    read = [element(low, tensor, out.dtype, tensor.shape)[0] for tensor in tensors]
    low.lies(out)
    for tensor, at in zip(tensors, read):
        low.fill_part(out.narrow(axis, begin, tensor.shape[axis]), at)
        begin += tensor.shape[axis]


def _stack(low: Lowering, operation: Operation) -> None:
    tensors: Sequence[Tensor] = operation.args[0]
    axis = operation.args[1] if len(operation.args) > 1 else operation.kwargs.get("dim", 0)
    read = [low.reader(tensor)[0] for tensor in tensors]
    low.lies(operation.out)
    for place, at in enumerate(read):
        low.fill_part(operation.out.select(axis, place), at)


def _slice_backward(low: Lowering, operation: Operation) -> None:
    gradient, sizes, axis, first, last, step = operation.args[:6]
    if step != 1:
        raise Unsupported("a slice with steps")
    at, _ = low.reader(gradient)
    out, size = operation.out, sizes[axis]
    first, last = min(first, size), min(last, size)
    low.lies(out)
    for begin, end, value in ((0, first, None), (first, last, at), (last, size, None)):
        if end > begin:
            low.fill_part(out.narrow(axis, begin, end - begin), value or (lambda index: "0"))


def _arange(low: Lowering, operation: Operation) -> None:
    if len(operation.args) != 1:
        raise Unsupported("arange from another start")
    low.put(operation.out, lambda index: index[0], 0)


HANDLERS: dict[str, Handler] = {
    "pow": _square_or_power, "pow_": _square_or_power, "clamp": _clamp, "clamp_": _clamp, "clamp_min": _clamp,
    "clamp_max": _clamp, "clamp_min_": _clamp, "clamp_max_": _clamp,
    "copy_": _copy, "clone": _copy, "_to_copy": _copy, "lift_fresh": _copy, "contiguous": _copy, "expand_copy": _copy,
    "zero_": _filled(0), "fill_": _filled(lambda operation: operation.args[1]), "zeros": _filled(0),
    "empty": _filled(0), "empty_like": _filled(0), "new_empty": _filled(0), "zeros_like": _filled(0),
    "new_zeros": _filled(0), "ones_like": _filled(1), "ones": _filled(1),
    "full": _filled(lambda operation: operation.args[1]), "full_like": _filled(lambda operation: operation.args[1]),
    "scalar_tensor": _filled(lambda operation: operation.args[0]),
    "select_backward": _select_backward, "cat": _cat, "stack": _stack, "slice_backward": _slice_backward,
    "index_select": index_select, "index": rows_at, "embedding": embedding,
    "embedding_dense_backward": embedding_backward,
    "sum": total, "mean": total, "amax": total, "amin": total, "all": total,
    "argmax": argmax, "mm": mm, "addmm": addmm, "bmm": bmm,
    "arange": _arange, "native_batch_norm": batch_norm, "native_batch_norm_backward": batch_norm_backward, **LOSSES,
}
