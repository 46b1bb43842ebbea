"""Rows that are zeros for the most part, such as bags of words, as the places of the other values and these."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from dlrun.data.batches import Rows

_MOST = 1 / 16  # of the values may be other than zero; of more, dense products of small networks are as fast
_PIECE = 256  # rows that are looked at together; the first ones decide
_found: WeakKeyDictionary[Rows, NonZero | None] = WeakKeyDictionary()


@dataclass(frozen=True)
class NonZero:
    """Row i has `values[starts[i]:starts[i + 1]]` in these `columns`, in their order, and zeros elsewhere.

    Shapes: `starts` (rows + 1,) int64, `columns` int32 and `values` (those of all rows,).
    """

    starts: Tensor
    columns: Tensor
    values: Tensor


def nonzero_of(rows: Rows) -> NonZero | None:
    """The inputs of resident rows on the CPU as what is not zero of them; None where that is too much."""
    if rows not in _found:
        plain = rows.resident and rows.device.type == "cpu" and not rows.streamed and rows.form.windows is None
        if not plain or rows.form.kind not in ("multi_hot", "values"):
            _found[rows] = None
        else:
            ids = rows.form.kind == "multi_hot" and not rows.x.is_floating_point()
            _found[rows] = _of_ids(rows) if ids else _of_values(rows)
    return _found[rows]


def _of_ids(rows: Rows) -> NonZero | None:
    ids = rows.x.sort(1).values
    there = ids.lt(rows.form.size)
    there[:, 1:] &= ids[:, 1:].ne(ids[:, :-1])  # an id that a row has twice is one
    columns = ids[there].int()
    if len(columns) > _MOST * rows.count * rows.form.size:
        return None
    return NonZero(_starts([there.sum(1)]), columns, torch.ones(len(columns)))


def _of_values(rows: Rows) -> NonZero | None:
    if rows.x.ndim != 2:
        return None
    counts, columns, values = list[Tensor](), list[Tensor](), list[Tensor]()
    for start in range(0, rows.count, _PIECE):
        piece, _ = rows.range(start, min(start + _PIECE, rows.count))
        there = piece.ne(0)
        counted = there.sum(1)
        if start == 0 and int(counted.sum()) > _MOST * piece.numel():
            return None
        counts.append(counted)
        columns.append(there.nonzero()[:, 1].int())
        values.append(piece[there])
    return NonZero(_starts(counts), torch.cat(columns), torch.cat(values))


def _starts(counts: list[Tensor]) -> Tensor:
    return torch.cat([torch.zeros(1, dtype=torch.int64), *counts]).cumsum(0)
