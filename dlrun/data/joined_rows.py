"""Rows of several splits as one table, so that a batch of all of them is gathered at once."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from dlrun.data.batches import Rows

MOST = 1 << 28  # bytes of a copy


def joined(parts: Sequence[Rows]) -> Rows | None:
    """The rows of all parts, one after another; None where they are not stored alike, or are too many to copy.

    They are alike where the same stored row would become the same input.
    """
    first = parts[0]
    if not all(part.resident and part._places_host is None and _alike(part, first) for part in parts):
        return None
    if sum(part.x.nbytes + part.y.nbytes for part in parts) > MOST:
        return None
    whole = copy.copy(first)
    whole.x, whole.y = torch.cat([part.x for part in parts]), torch.cat([part.y for part in parts])
    whole.count = len(whole.x)
    return whole


def _alike(one: Rows, other: Rows) -> bool:
    stored = [(rows.x.dtype, rows.x.shape[1:], rows.y.dtype, rows.y.shape[1:], rows.form, rows._format)
              for rows in (one, other)]
    scales = [(rows._offset, rows._factor, rows._squeeze) for rows in (one, other)]
    return stored[0] == stored[1] and all(_equal(a, b) for a, b in zip(*scales))


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    return one is other or (one is not None and other is not None and torch.equal(one, other))
