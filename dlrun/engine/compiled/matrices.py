"""Products of matrices: by the BLAS that torch brings where they are large, else by loops of known lengths."""

from __future__ import annotations

import torch
from torch import Tensor

from dlrun.engine.compiled.elements import TYPES, At, Index, broadcast, position
from dlrun.engine.compiled.loops import nested
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.recording import Operation, Unsupported

_SMALL = 1 << 15  # multiply-adds, below which a call of BLAS costs more than it saves


def mm(low: Lowering, operation: Operation) -> None:
    """`mm`: the product of two matrices."""
    at, cost = _product(low, operation.out, *operation.args[:2])
    if cost is not None:
        low.put(operation.out, at, cost)


def addmm(low: Lowering, operation: Operation) -> None:
    """`addmm`: the product of two matrices, and a bias for each column."""
    if operation.kwargs.get("beta", 1) != 1 or operation.kwargs.get("alpha", 1) != 1:
        raise Unsupported("addmm with factors")
    bias, one, other = operation.args[:3]
    made = torch.empty(operation.out.shape, dtype=operation.out.dtype)
    product, _ = _product(low, made, one, other)
    added, _ = low.reader(bias)
    aligned = broadcast(added, bias.shape)
    low.put(operation.out, lambda index: f"({product(index)} + {aligned(index)})", 1)


def _product(low: Lowering, out: Tensor, one: Tensor, other: Tensor) -> tuple[At, int | None]:
    """Elements of the product and what they cost; None where it was stored as `out`."""
    rows, inner = one.shape
    columns = other.shape[1]
    kind = TYPES[out.dtype]
    if inner == 1:  # of two vectors: nothing is summed, so nothing needs to be stored
        left, cost = low.reader(one)
        right, more = low.reader(other)
        return (lambda index: f"({left((index[0], '0'))} * {right(('0', index[1]))})"), cost + more + 1
    first, second = low.stored(one), low.stored(other)
    name = low.lies(out)
    if rows * inner * columns > _SMALL and rows > 1 and columns > 1:
        _by_blas(low, name, first, second, one, other)
    else:
        _by_loops(low, kind, name, first, second, one, other)
    strides = out.stride()
    return (lambda index: f"{name}[{position(index, strides, 0)}]"), None


def _by_blas(low: Lowering, name: str, first: str, second: str, one: Tensor, other: Tensor) -> None:
    """Row by row as we have it is column by column of the transposed product, which is how BLAS has it."""
    (rows, inner), columns = one.shape, other.shape[1]
    function = {"float": "sgemm", "double": "dgemm"}[TYPES[one.dtype]]

    def turned(matrix: Tensor) -> tuple[str, int]:
        if 0 in matrix.stride():
            raise Unsupported("a matrix whose rows or columns are one and the same")
        if matrix.stride(1) == 1 or matrix.shape[1] == 1:
            return "N", max(matrix.stride(0), matrix.shape[1])
        if matrix.stride(0) == 1 or matrix.shape[0] == 1:
            return "T", max(matrix.stride(1), matrix.shape[0])
        raise Unsupported("a matrix with gaps")

    (how_b, step_b), (how_a, step_a) = turned(other), turned(one)
    kind = TYPES[one.dtype]
    low.code.line(
        f"{{ const int m = {columns}, n = {rows}, k = {inner}, b = {step_b}, a = {step_a};\n"
        f"const {kind} yes = 1, no = 0;\n"
        f'{function}("{how_b}", "{how_a}", &m, &n, &k, &yes, {second}, &b, {first}, &a, &no, {name}, &m); }}')


def _by_loops(low: Lowering, kind: str, name: str, first: str, second: str, one: Tensor, other: Tensor) -> None:
    (rows, inner), columns = one.shape, other.shape[1]
    a = f"({first})[{position(_index('i', 'k', one), one.stride(), 0)}]"
    b = f"({second})[{position(_index('k', 'j', other), other.stride(), 0)}]"
    c = f"{name}[{position(('i', 'j'), (columns, 1), 0)}]"
    if other.stride(0) == 1 and columns > 1:  # each result is a product of two rows as they lie
        text = nested((("i", rows), ("j", columns)), f"{kind} acc = 0;\n#pragma omp simd reduction(+:acc)\n"
                      + nested((("k", inner),), f"acc += {a} * {b};") + f"\n{c} = acc;")
    else:
        text = nested((("i", rows),), nested((("j", columns),), f"{c} = 0;") + "\n"
                      + nested((("k", inner),), f"const {kind} x = {a};\n"
                               + nested((("j", columns),), f"{c} += x * {b};")))
    low.code.line(text)


def _index(row: str, column: str, matrix: Tensor) -> Index:
    return row, column
