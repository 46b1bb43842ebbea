"""Rows of a table by their numbers, forwards and backwards: embeddings, and the rows of a batch."""

from __future__ import annotations

import torch

from dlrun.engine.compiled.elements import TYPES, axes_of, position
from dlrun.engine.compiled.loops import nested
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.recording import Operation, Unsupported


def index_select(low: Lowering, operation: Operation) -> None:
    """`index_select`: the places along one axis."""
    source, axis, places = operation.args[:3]
    values, _ = low.reader(source)
    where, _ = low.reader(places)
    low.put(operation.out, lambda index: values((*index[:axis], f"({where((index[axis],))})", *index[axis + 1:])), 2)


def rows_at(low: Lowering, operation: Operation) -> None:
    """`values[places]` with one tensor of places along the first axis."""
    source, places = operation.args[:2]
    if len(places) != 1 or places[0].dtype != torch.int64:
        raise Unsupported("an index of several tensors")
    values, _ = low.reader(source)
    where, _ = low.reader(places[0])
    axes = places[0].ndim
    low.put(operation.out, lambda index: values((f"({where(index[:axes])})", *index[axes:])), 2)


def embedding(low: Lowering, operation: Operation) -> None:
    """`embedding`: a row of the table for each number."""
    table, numbers = operation.args[:2]
    values, _ = low.reader(table)
    where, _ = low.reader(numbers)
    low.put(operation.out, lambda index: values((f"({where(index[:-1])})", index[-1])), 2)


def embedding_backward(low: Lowering, operation: Operation) -> None:
    """`embedding_dense_backward`: gradients of rows added up in their order, zeros where no number asked for a row."""
    gradient, numbers, rows, padding, by_frequency = operation.args[:5]
    if padding >= 0 or by_frequency:
        raise Unsupported("an embedding with rows of its own rule")
    out = operation.out
    value, _ = low.reader(gradient)
    where, _ = low.reader(numbers)
    axes, index = axes_of(gradient)
    name, kind = low.lies(out), TYPES[out.dtype]
    columns = out.shape[1]
    own = position(("row", index[-1]), (columns, 1), 0)
    outer, inner = ([axis for axis in axes if (axis[0] == index[-1]) == last] for last in (False, True))
    body = nested(inner, f"{name}[{own}] += {value(index)};")
    low.code.line(f"memset({name}, 0, {rows * columns} * sizeof({kind}));")
    low.code.line(nested(outer, f"const long row = {where(index[:-1])};\n{body}"))
