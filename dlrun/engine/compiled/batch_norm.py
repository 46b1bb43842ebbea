"""Batch norm: each channel normalised over the batch, moving averages included, or in evaluation by these."""

from __future__ import annotations

import torch

from dlrun.engine.compiled.elements import At, Index
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.recording import Operation, Unsupported
from dlrun.engine.compiled.reductions import sum_of


def batch_norm(low: Lowering, operation: Operation) -> None:
    """`native_batch_norm`; the results are the normalised values, in training with the means and 1 / deviation."""
    x, weight, bias, running_mean, running_var, training, momentum, eps = operation.args[:8]
    if not training:
        _by_averages(low, operation)
        return
    out, means, inverses = operation.outs
    axes = [axis for axis in range(x.ndim) if axis != 1]
    count = x.numel() // x.shape[1]
    value, _ = low.reader(x)
    summed = sum_of(low, x, value, axes)
    mean = low.fill(means, lambda index: f"({summed(_alone(index[0], x.ndim))} / {count})")

    def off(index: Index) -> str:
        return f"({value(index)} - {mean((index[1],))})"

    squares = sum_of(low, x, lambda index: f"SQUARE({off(index)})", axes)

    def variance(index: Index) -> str:
        return f"({squares(_alone(index[0], x.ndim))} / {count})"

    inverse = low.fill(inverses, lambda index: f"(1 / SQRT({variance(index)} + {eps!r}f))"
                       if x.dtype.itemsize == 4 else f"(1 / SQRT({variance(index)} + {eps!r}))")
    low.put(means, mean, 0)
    low.put(inverses, inverse, 0)
    for moving, now in ((running_mean, mean), (running_var, lambda index: f"({variance(index)} * {count} / "
                                                                         f"{count - 1})")):
        if moving is not None:
            before, _ = low.reader(moving)
            low.change(moving, _moved(before, now, momentum), 8)
    scale, shift = (None if one is None else low.reader(one)[0] for one in (weight, bias))

    def made(index: Index) -> str:
        text = f"{off(index)} * {inverse((index[1],))}"
        text = text if scale is None else f"{text} * {scale((index[1],))}"
        return f"({text if shift is None else f'{text} + {shift((index[1],))}'})"

    low.put(out, made, 5)


def _by_averages(low: Lowering, operation: Operation) -> None:
    """In evaluation: by the moving averages, which stay as they are."""
    x, weight, bias, running_mean, running_var, _, _, eps = operation.args[:8]
    value, cost = low.reader(x)
    mean, _ = low.reader(running_mean)
    variance, _ = low.reader(running_var)
    inverse = low.fill(torch.empty_like(running_var), lambda index: f"(1 / SQRT({variance(index)} + {eps!r}f))"
                       if x.dtype.itemsize == 4 else f"(1 / SQRT({variance(index)} + {eps!r}))")
    scale, shift = (None if one is None else low.reader(one)[0] for one in (weight, bias))

    def made(index: Index) -> str:
        own = (index[1],)
        text = f"({value(index)} - {mean(own)}) * {inverse(own)}"
        text = text if scale is None else f"{text} * {scale(own)}"
        return f"({text if shift is None else f'{text} + {shift(own)}'})"

    low.put(operation.out, made, cost + 5)


def batch_norm_backward(low: Lowering, operation: Operation) -> None:
    """The gradients of the values, of the scale and of the shift."""
    gradient, x, weight, _, _, means, inverses, training, _, _ = operation.args
    if not training:
        raise Unsupported("batch norm with fixed averages")
    axes = [axis for axis in range(x.ndim) if axis != 1]
    count = x.numel() // x.shape[1]
    (grad, _), (value, _), (mean, _), (inverse, _) = (low.reader(one) for one in (gradient, x, means, inverses))

    def off(index: Index) -> str:
        return f"({value(index)} - {mean((index[1],))})"

    total = sum_of(low, x, grad, axes)
    product = sum_of(low, x, lambda index: f"({grad(index)} * {off(index)})", axes)
    scale = None if weight is None else low.reader(weight)[0]

    def of_values(index: Index) -> str:
        alone, own = _alone(index[1], x.ndim), (index[1],)
        text = (f"({grad(index)} - {total(alone)} / {count} - {off(index)} * SQUARE({inverse(own)}) * {product(alone)} "
                f"/ {count}) * {inverse(own)}")
        return f"({text if scale is None else f'{text} * {scale(own)}'})"

    low.put(operation.outs[0], of_values, 9)
    if weight is not None:
        low.put(operation.outs[1], lambda index: f"({product(_alone(index[0], x.ndim))} * {inverse(index)})", 2)
        low.put(operation.outs[2], lambda index: total(_alone(index[0], x.ndim)), 1)


def _alone(channel: str, axes: int) -> Index:
    return tuple(channel if axis == 1 else "0" for axis in range(axes))


def _moved(before: At, now: At, momentum: float) -> At:
    return lambda index: f"({before(index)} + {momentum!r} * ({now(index)} - {before(index)}))"
