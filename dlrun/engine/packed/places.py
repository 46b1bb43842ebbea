"""The batches of a pack: where a member's rows lie, so that those of all members are gathered at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from dlrun.data.batches import Batches, Rows
from dlrun.data.joined_rows import joined
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


class Gather:
    """Inputs and targets of all slots (slots, rows, ...) by their batches; a slot without one gets the first."""

    def __init__(self, slots: int):
        self._slots = slots
        self._sources: dict[int, Rows] = {}
        self._joined: Rows | None = None
        self._starts: dict[int, int] = {}  # of each source in what is joined
        self._offsets: dict[tuple[int, ...], Tensor] = {}  # (slots, 1), by the sources of the slots

    def __call__(self, batches: Mapping[int, Places]) -> tuple[Tensor, Tensor]:
        first = next(iter(batches.values()))
        everyone = [batches.get(slot, first) for slot in range(self._slots)]
        sources = {id(batch.source): batch.source for batch in everyone if batch.source is not None}
        if all(batch.source is not None for batch in everyone):
            if (table := self._table(sources)) is not None:
                places = torch.stack([batch.x for batch in everyone])
                if len(self._sources) > 1:
                    places = places + self._offset(tuple(id(batch.source) for batch in everyone), places)
                x, y = table.take(places.flatten())
                return x.unflatten(0, (self._slots, first.rows)), y.unflatten(0, (self._slots, first.rows))
        taken = {slot: (batch.x, batch.y) if batch.source is None else batch.source.take(batch.x)
                 for slot, batch in batches.items()}
        fallback = next(iter(taken.values()))
        pairs = [taken.get(slot, fallback) for slot in range(self._slots)]
        return torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])

    def _table(self, sources: dict[int, Rows]) -> Rows | None:
        """What holds the rows of these sources, and of those before; None where they cannot be put together."""
        if sources.keys() - self._sources.keys():
            self._sources |= sources
            every = list(self._sources.values())
            self._joined = every[0] if len(every) == 1 else joined(every)
            ends = accumulate((rows.count for rows in every), initial=0)
            self._starts, self._offsets = dict(zip(self._sources, ends)), {}
        return self._joined

    def _offset(self, sources: tuple[int, ...], places: Tensor) -> Tensor:
        if sources not in self._offsets:
            starts = [[self._starts[source]] for source in sources]
            self._offsets[sources] = torch.tensor(starts, dtype=places.dtype, device=places.device)
        return self._offsets[sources]
