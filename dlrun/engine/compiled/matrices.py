"""Products of matrices: by the BLAS that torch brings where they are large, else by loops of known lengths."""

from __future__ import annotations

import torch
from torch import Tensor

from dlrun.engine.compiled.elements import TYPES, At, broadcast, position
from dlrun.engine.compiled.loops import nested
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.recording import Operation, Unsupported
from dlrun.engine.compiled.sparse import sparse_product

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


def bmm(low: Lowering, operation: Operation) -> None:
    """`bmm`: the products of the matrices of two batches, one after another."""
    one, other = operation.args[:2]
    out = operation.out
    count, rows, inner = one.shape
    columns = other.shape[2]
    if inner == 1:
        left, cost = low.reader(one)
        right, more = low.reader(other)
        low.put(out, lambda index: f"({left((index[0], index[1], '0'))} * {right((index[0], '0', index[2]))})",
                cost + more + 1)
        return
    first, second, kind = low.stored(one), low.stored(other), TYPES[out.dtype]
    name = low.lies(out)
    a, b, c = (f"{text} + batch * {matrix.stride(0)}" for text, matrix in ((first, one), (second, other), (name, out)))
    one, other = (torch.empty_strided(matrix.shape[1:], matrix.stride()[1:], dtype=matrix.dtype, device="meta")
                  for matrix in (one, other))  # how those of one product lie
    if _is_large(rows, inner, columns):
        text = _by_blas(c, a, b, one, other)
    elif one.stride(1) == other.stride(0) == 1 or columns == 1:
        text = _of_few_columns(kind, c, a, b, one, other)
    else:
        text = _by_loops(kind, c, a, b, one, other)
    low.code.line(nested((("batch", count),), text))


def _product(low: Lowering, out: Tensor, one: Tensor, other: Tensor) -> tuple[At, int | None]:
    """Elements of the product and what they cost; None where it was stored as `out`."""
    rows, inner = one.shape
    columns = other.shape[1]
    kind = TYPES[out.dtype]
    sparse = low.sparse_rows(one)
    if sparse is not None:
        name = sparse_product(low, out, sparse, one, other)
        strides = out.stride()
        return (lambda index: f"{name}[{position(index, strides, 0)}]"), None
    if inner == 1:  # of two vectors: nothing is summed, so nothing needs to be stored
        left, cost = low.reader(one)
        right, more = low.reader(other)
        return (lambda index: f"({left((index[0], '0'))} * {right(('0', index[1]))})"), cost + more + 1
    first, second = low.stored(one), low.stored(other)
    name = low.lies(out)
    low.code.line(_by_blas(name, first, second, one, other) if _is_large(rows, inner, columns) else
                  _by_loops(kind, name, first, second, one, other))
    strides = out.stride()
    return (lambda index: f"{name}[{position(index, strides, 0)}]"), None


def _is_large(rows: int, inner: int, columns: int) -> bool:
    return rows * inner * columns > _SMALL and rows > 1 and columns > 1


def _by_blas(name: str, first: str, second: str, one: Tensor, other: Tensor) -> str:
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
    return (f"{{ const int m = {columns}, n = {rows}, k = {inner}, b = {step_b}, a = {step_a};\n"
            f"const {kind} yes = 1, no = 0;\n"
            f'{function}("{how_b}", "{how_a}", &m, &n, &k, &yes, {second}, &b, {first}, &a, &no, {name}, &m); }}')


def _elements(name: str, first: str, second: str, one: Tensor, other: Tensor) -> tuple[str, str, str]:
    """Those of a product: a at (i, k), b at (k, j), c at (i, j)."""
    return (f"({first})[{position(('i', 'k'), one.stride(), 0)}]",
            f"({second})[{position(('k', 'j'), other.stride(), 0)}]",
            f"({name})[{position(('i', 'j'), (other.shape[1], 1), 0)}]")


def _of_few_columns(kind: str, name: str, first: str, second: str, one: Tensor, other: Tensor) -> str:
    """Products of rows as they lie, or where rows of the first matrix lie side by side a sum of its columns."""
    (rows, inner), columns = one.shape, other.shape[1]
    a, b, c = _elements(name, first, second, one, other)
    if one.stride(1) == 1:
        return nested((("i", rows), ("j", columns)), f"{kind} acc = 0;\n#pragma omp simd reduction(+:acc)\n"
                      + nested((("k", inner),), f"acc += {a} * {b};") + f"\n{c} = acc;")
    return nested((("j", columns),), nested((("i", rows),), f"{c} = 0;") + "\n"
                  + nested((("k", inner),), f"const {kind} x = {b};\n" + nested((("i", rows),), f"{c} += {a} * x;")))


def _by_loops(kind: str, name: str, first: str, second: str, one: Tensor, other: Tensor) -> str:
    (rows, inner), columns = one.shape, other.shape[1]
    a, b, c = _elements(name, first, second, one, other)
    if other.stride(0) == 1 and columns > 1:  # each result is a product of two rows as they lie
        return nested((("i", rows), ("j", columns)), f"{kind} acc = 0;\n#pragma omp simd reduction(+:acc)\n"
                      + nested((("k", inner),), f"acc += {a} * {b};") + f"\n{c} = acc;")
    return nested((("i", rows),), nested((("j", columns),), f"{c} = 0;") + "\n"
                  + nested((("k", inner),), f"const {kind} x = {a};\n"
                           + nested((("j", columns),), f"{c} += x * {b};")))
