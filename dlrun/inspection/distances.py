"""The nearest of many rows, by several distances, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlrun.data.batches import Rows, in_order

BATCH = 256
EXACT = "donot_use_mm_for_euclid_dist"  # else a row is not at 0 from itself
Vectors = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Neighbours:
    """Of each query the nearest rows' distances and places (queries, k), the nearest first."""

    distances: np.ndarray
    places: np.ndarray


def nearest(rows: Rows, queries: Tensor, by: Mapping[str, tuple[Vectors, float]], k: int,
            own: Sequence[int] = ()) -> dict[str, Neighbours]:
    """The nearest of `rows` to each of `queries`, by each way: what makes vectors (rows, values), and a norm.

    The first norm is the mean absolute difference, the second Euclid's.  `own` are the queries' places where they are
    among the rows: a query is not its own neighbour.  Of rows that are equally near the first ones are taken.
    """
    asked = {how: torch.cat([vectors(part) for part in queries.split(BATCH)]) for how, (vectors, _) in by.items()}
    best: dict[str, tuple[Tensor, Tensor]] = {}
    begin = 0
    for x, _ in in_order(rows, BATCH):
        places = torch.arange(begin, begin + len(x))
        for how, (vectors, norm) in by.items():
            found = torch.cdist(asked[how], vectors(x), p=norm, compute_mode=EXACT)
            if norm == 1:
                found = found / asked[how].shape[1]
            if own:
                found[torch.tensor(own)[:, None] == places[None]] = torch.inf
            known = best.get(how)
            both = found if known is None else torch.cat([known[0], found], 1)
            where = places.expand(len(found), -1)
            where = where if known is None else torch.cat([known[1], where], 1)
            order = both.argsort(dim=1, stable=True)[:, :k]
            best[how] = both.gather(1, order), where.gather(1, order)
        begin += len(x)
    return {how: Neighbours(distances.numpy(), places.numpy()) for how, (distances, places) in best.items()}
