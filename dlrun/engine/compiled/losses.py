"""Softmax and the losses, whose formulas are those of torch's kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from dlrun.engine.compiled.elements import Index
from dlrun.engine.compiled.lowering import Lowering, element
from dlrun.engine.compiled.recording import Operation, Unsupported
from dlrun.engine.compiled.reductions import largest_of, sum_of


def softmax(low: Lowering, operation: Operation) -> None:
    """`_softmax` and `_log_softmax`: exp(x - max) over its sum, or the logarithm of that."""
    source, axis = operation.args[:2]
    out = operation.out
    axis %= out.ndim
    at, cost = low.reader(source)
    largest = largest_of(low, source, at, [axis])

    def off(index: Index) -> str:
        return f"({at(index)} - {largest((*index[:axis], '0', *index[axis + 1:]))})"

    if operation.name == "_softmax":
        stored = low.fill(torch.empty_like(out), lambda index: f"EXP({off(index)})")
        summed = sum_of(low, out, stored, [axis])
        low.put(out, lambda index: f"({stored(index)} / {summed((*index[:axis], '0', *index[axis + 1:]))})", 8)
        return
    summed = sum_of(low, out, lambda index: f"EXP({off(index)})", [axis])
    least = low.fill(torch.empty([1 if place == axis else size for place, size in enumerate(out.shape)],
                                 dtype=out.dtype), lambda index: f"LOG({summed(index)})")
    low.put(out, lambda index: f"({off(index)} - {least((*index[:axis], '0', *index[axis + 1:]))})", cost + 2)


def logsumexp(low: Lowering, operation: Operation) -> None:
    """`logsumexp` over one axis: max + log sum exp(x - max), with 0 in the place of a maximum that is infinite."""
    source, axes = operation.args[:2]
    keeps = operation.args[2] if len(operation.args) > 2 else operation.kwargs.get("keepdim", False)
    if len(axes) != 1 or keeps:
        raise Unsupported("logsumexp over several axes")
    axis = axes[0] % source.ndim
    at, _ = low.reader(source)
    most = largest_of(low, source, at, [axis])
    largest = low.fill(torch.empty([1 if place == axis else size for place, size in enumerate(source.shape)],
                                   dtype=source.dtype),
                       lambda index: f"SELECT({most(index)} - {most(index)} == 0, {most(index)}, 0)")

    def whole(index: Index) -> Index:
        return (*index[:axis], "0", *index[axis:])

    summed = sum_of(low, source, lambda index: f"EXP(({at(index)} - "
                                               f"{largest((*index[:axis], '0', *index[axis + 1:]))}))", [axis])
    low.put(operation.out, lambda index: f"({largest(whole(index))} + LOG({summed(whole(index))}))", 9)


def softmax_backward(low: Lowering, operation: Operation) -> None:
    """The gradients of both."""
    gradient, result, axis = operation.args[:3]
    out = operation.out
    axis %= out.ndim
    grad, cost = element(low, gradient, out.dtype, out.shape)
    value, more = low.reader(result)
    if operation.name == "_softmax_backward_data":
        summed = sum_of(low, out, lambda index: f"({grad(index)} * {value(index)})", [axis])
        low.put(out, lambda index: f"({value(index)} * ({grad(index)} - "
                                   f"{summed((*index[:axis], '0', *index[axis + 1:]))}))", cost + more + 3)
        return
    summed = sum_of(low, out, grad, [axis])
    low.put(out, lambda index: f"({grad(index)} - EXP({value(index)}) * "
                               f"{summed((*index[:axis], '0', *index[axis + 1:]))})", cost + more + 10)


def nll(low: Lowering, operation: Operation) -> None:
    """Minus the logarithm of the probability of each row's class, of (rows, classes)."""
    source, target, weight, reduction = operation.args[:4]
    if weight is not None or source.ndim != 2:
        raise Unsupported("a weighted nll_loss")
    values, _ = low.reader(source)
    classes, _ = low.reader(target)
    rows = source.shape[0]

    def of_row(index: Index) -> str:
        return f"(-{values((index[0], f'({classes((index[0],))})'))})"

    if reduction == 0:
        low.put(operation.out, of_row, 2)
        return
    summed = sum_of(low, torch.empty(rows, dtype=source.dtype), of_row, [0])
    scale = rows if reduction == 1 else 1
    low.put(operation.out, lambda index: f"({summed(('0',))} / {scale})", 1)
    low.put(operation.outs[1], lambda index: str(rows), 0)


def nll_backward(low: Lowering, operation: Operation) -> None:
    """The gradient of `nll`."""
    gradient, source, target, weight, reduction = operation.args[:5]
    if weight is not None or source.ndim != 2:
        raise Unsupported("a weighted nll_loss")
    classes, _ = low.reader(target)
    grad, _ = low.reader(gradient)
    scale = source.shape[0] if reduction == 1 else 1

    def at(index: Index) -> str:
        own = grad((index[0],)) if reduction == 0 else grad(())
        return f"SELECT({index[1]} == {classes((index[0],))}, -{own} / {scale}, 0)"

    low.put(operation.out, at, 3)


def mse(low: Lowering, operation: Operation) -> None:
    """The squares of differences: each, their sum or their mean."""
    one, other = operation.args[:2]
    reduction = operation.args[2] if len(operation.args) > 2 else operation.kwargs.get("reduction", 1)
    left, cost = low.reader(one)
    right, more = low.reader(other)

    def off(index: Index) -> str:
        return f"SQUARE({left(index)} - {right(index)})"

    _reduced(low, operation, one, off, cost + more + 2, reduction)


def _reduced(low: Lowering, operation: Operation, like: Any, each: Callable[[Index], str], cost: int,
             reduction: int | None) -> None:
    """A loss of each element as torch's numbers of a reduction say it: none (0), the mean (1, or left out), the sum."""
    if reduction == 0:
        low.put(operation.out, each, cost)
        return
    summed = sum_of(low, like, each, list(range(like.ndim)))
    scale = like.numel() if reduction in (1, None) else 1
    low.put(operation.out, lambda index: f"({summed(('0',) * like.ndim)} / {scale})", 1)


def mse_backward(low: Lowering, operation: Operation) -> None:
    """The gradient of `mse`."""
    gradient, one, other, reduction = operation.args[:4]
    kind, shape = operation.out.dtype, operation.out.shape
    grad, cost = element(low, gradient, kind, shape)
    left, _ = low.reader(one)
    right, _ = low.reader(other)
    scale = one.numel() if reduction == 1 else 1
    low.put(operation.out, lambda index: f"({grad(index)} * (2 * ({left(index)} - {right(index)}) / {scale}))",
            cost + 4)


def binary_cross_entropy(low: Lowering, operation: Operation) -> None:
    """Of logits x and targets t: max(x, 0) - x t + log(1 + e^-|x|)."""
    given: list[Any] = [*operation.args, *[None] * (5 - len(operation.args))]
    logits, targets, weight, factor, reduction = given
    if weight is not None or factor is not None:
        raise Unsupported("a weighted binary cross entropy")
    x, cost = low.reader(logits)
    t, more = element(low, targets, logits.dtype, logits.shape)

    def each(index: Index) -> str:
        return f"(RELU({x(index)}) - {x(index)} * {t(index)} + LOG1P(EXP(-FABS({x(index)}))))"

    _reduced(low, operation, logits, each, cost + more + 20, reduction)


LOSSES: dict[str, Callable[[Lowering, Operation], None]] = {
    "logsumexp": logsumexp, "_softmax": softmax, "_log_softmax": softmax, "_softmax_backward_data": softmax_backward,
    "_log_softmax_backward_data": softmax_backward, "nll_loss_forward": nll, "nll_loss_backward": nll_backward,
    "mse_loss": mse, "mse_loss_backward": mse_backward, "binary_cross_entropy_with_logits": binary_cross_entropy,
}
