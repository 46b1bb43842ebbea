"""Rows that are zeros for the most part, such as bags of words, as the places of the other values and these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from dlrun.data.batches import Rows

_MOST = 1 / 16  # of the values may be other than zero; of more, dense products of small networks are as fast
_PIECE = 256  # rows that are looked at together
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
        bags = rows.form.kind == "multi_hot"
        inputs = plain and (bags or rows.form.kind == "values" and rows.x.ndim == 2)
        _found[rows] = _nonzero(rows, bags and not rows.x.is_floating_point()) if inputs else None
    return _found[rows]


def _nonzero(rows: Rows, ids: bool) -> NonZero | None:
    width = rows.form.size if ids else rows.range(0, 1)[0].shape[1]
    counts, columns, values = [torch.zeros(1, dtype=torch.int64)], list[Tensor](), list[Tensor]()
    seen = found = 0
    for counted, places, piece in (_of_ids if ids else _of_values)(rows):
        seen, found = seen + len(counted), found + len(piece)
        if found > _MOST * seen * width:  # the rows so far decide at once: what is held is bounded by them
            return None
        counts.append(counted)
        columns.append(places.int())
        values.append(piece)
    return NonZero(torch.cat(counts).cumsum(0), torch.cat(columns), torch.cat(values))


def _of_ids(rows: Rows) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Of pieces of rows how many values each row has, their columns and the values."""
    for start in range(0, rows.count, _PIECE):
        ids = rows.x[start:start + _PIECE].sort(1).values
        there = ids.lt(rows.form.size)
        there[:, 1:] &= ids[:, 1:].ne(ids[:, :-1])  # an id that a row has twice is one
        columns = ids[there]
        yield there.sum(1), columns, torch.ones(len(columns))


def _of_values(rows: Rows) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    for start in range(0, rows.count, _PIECE):
        piece, _ = rows.range(start, min(start + _PIECE, rows.count))
        there = piece.ne(0)
        yield there.sum(1), there.nonzero()[:, 1], piece[there]
