"""The batches of a pack: where a member's rows lie, so that those of all members are gathered at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from dlrun.data.batches import Batches, Rows
from dlrun.tasks._base.batch import Batch


@dataclass(frozen=True)
class Places(Batch):
    """A batch of a member; `source` is where its rows are taken from, `x` and `y` being their places there.

    Without a source `x` and `y` are the rows themselves.
    """

    source: Rows | None = None


class PlaceBatches(Batches):
    """Stands for a member's batches in its loop.

    Where rows lie on the device and nothing is done to them row by row, it gives out their places; else the batches as
    the member has them alone.
    """

    def __init__(self, batches: Batches):
        self._batches, rows = batches, batches.rows
        self.rows, self.steps_in_pass = rows, batches.steps_in_pass
        self.source = rows if rows.resident and batches.augment is None and batches.mix is None else None

    def steps(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches, or their places, of steps start to stop (exclusive)."""
        return self._batches.steps(start, stop) if self.source is None else self._batches.places(start, stop)


def gathered(batches: Mapping[int, Places], slots: int) -> tuple[Tensor, Tensor]:
    """Inputs and targets of all slots (slots, rows, ...); a slot without a batch gets the first one."""
    first = next(iter(batches.values()))
    everyone = [batches.get(slot, first) for slot in range(slots)]
    sources = {id(batch.source): batch.source for batch in everyone}
    if len(sources) == 1 and first.source is not None:
        x, y = first.source.take(torch.cat([batch.x for batch in everyone]))
        return x.unflatten(0, (slots, first.rows)), y.unflatten(0, (slots, first.rows))
    taken = {slot: (batch.x, batch.y) if batch.source is None else batch.source.take(batch.x)
             for slot, batch in batches.items()}
    fallback = next(iter(taken.values()))
    pairs = [taken.get(slot, fallback) for slot in range(slots)]
    return torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])
