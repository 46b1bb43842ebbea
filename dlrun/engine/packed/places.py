"""The batches of a pack: where a member's rows lie, so that those of all members are gathered at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor

from dlrun.data.batches import Batches, Rows
from dlrun.data.joined_rows import joined
from dlrun.engine.block_batches import blocks
from dlrun.engine.packed.host_values import on_device
from dlrun.tasks._base.batch import Batch


@dataclass(frozen=True)
class Places(Batch):
    """A batch of a member; `source` is where its rows are taken from, `x` and `y` being their places there.

    Without a source `x` and `y` are the rows themselves.  It may be those of several `steps`, one after another, which
    have as many rows each.
    """

    source: Rows | None = None
    steps: int = 1

    def first(self, steps: int) -> Places:
        """The first so many steps of these."""
        return self if steps == self.steps else self._of(slice(steps * (self.rows // self.steps)), steps)

    def rest(self, steps: int) -> Places:
        """Those behind the first so many."""
        return self._of(slice(steps * (self.rows // self.steps), None), self.steps - steps)

    def _of(self, rows: slice, steps: int) -> Places:
        x = self.x[rows]
        return Places(x, x, len(x), self.source, steps)


class PlaceBatches(Batches):
    """Stands for a member's batches in its loop.

    Where rows lie on the device and nothing is done to them row by row, it gives out their places; else the batches as
    the member has them alone.  `block` is how many steps it gives out at once, `most` how many these may become; no
    block goes beyond one in which the loop checks.
    """

    def __init__(self, batches: Batches, block: int = 1, most: int = 1):
        self._batches, rows = batches, batches.rows
        self.rows, self.steps_in_pass, self.batch_size = rows, batches.steps_in_pass, batches.batch_size
        self.source = rows if rows.resident and batches.augment is None and batches.mix is None else None
        self.block, self.most = block, max(block, most)
        self._in_blocks = self.most > 1 and self.source is not None

    def steps(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches, or their places, of steps start to stop (exclusive)."""
        if self._in_blocks:
            return blocks(self._batches, start, stop, lambda: self.block)
        return self._batches.steps(start, stop) if self.source is None else self._batches.places(start, stop)

    def due(self, batch: Batch) -> Places:
        """What `steps` has given out, as the pack takes it."""
        steps = max(1, batch.rows // self.batch_size) if self._in_blocks else 1
        return Places(batch.x, batch.y, batch.rows, self.source, steps)

    def pace(self, step_seconds: float, seconds: float) -> None:
        """A step has taken so long: give out as many next as take `seconds`, but no more than twice as many."""
        self.block = max(1, min(self.most, 2 * self.block, int(seconds / max(step_seconds, 1e-9))))


@dataclass(frozen=True)
class Stacked:
    """What all slots take their rows from: the places of them in a table, or inputs and targets; (slots, rows, ...)."""

    table: Rows | None
    tensors: tuple[Tensor, ...]

    def part(self, number: int, steps: int) -> Stacked:
        """That of one step where these are the rows of so many."""
        if steps == 1:
            return self
        size = self.tensors[0].shape[1] // steps
        return Stacked(self.table, tuple(each[:, number * size:(number + 1) * size] for each in self.tensors))


class Gather:
    """Inputs and targets of all slots (slots, rows, ...) by their batches; a slot without one gets the first."""

    def __init__(self, slots: int):
        self._slots = slots
        self._sources: dict[int, Rows] = {}
        self._joined: Rows | None = None
        self._starts: dict[int, int] = {}  # of each source in what is joined
        self._offsets: dict[tuple[int, ...], Tensor] = {}  # (slots, 1), by the sources of the slots

    def of(self, slots: int) -> Gather:
        """The same for another number of slots: tables that were put together are used again."""
        found = Gather(slots)
        found._sources, found._joined, found._starts = self._sources, self._joined, self._starts
        return found

    def __call__(self, batches: Mapping[int, Places]) -> tuple[Tensor, Tensor]:
        found = self.stacked(batches)
        return self.take(found.table, *found.tensors)

    def take(self, table: Rows | None, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        """The inputs and targets that these `Stacked` tensors stand for."""
        if table is None:
            x, y = tensors
            return x, y
        [places] = tensors
        x, y = table.take(places.flatten())
        return x.unflatten(0, places.shape), y.unflatten(0, places.shape)

    def stacked(self, batches: Mapping[int, Places]) -> Stacked:
        """Where the rows of all slots are."""
        first = next(iter(batches.values()))
        everyone = [batches.get(slot, first) for slot in range(self._slots)]
        sources = {id(batch.source): batch.source for batch in everyone if batch.source is not None}
        if all(batch.source is not None for batch in everyone):
            if (table := self._table(sources)) is not None:
                places = torch.stack([batch.x for batch in everyone])
                if len(self._sources) > 1:
                    places = places + self._offset(tuple(id(batch.source) for batch in everyone), places)
                return Stacked(table, (places,))
        taken = {slot: (batch.x, batch.y) if batch.source is None else batch.source.take(batch.x)
                 for slot, batch in batches.items()}
        fallback = next(iter(taken.values()))
        pairs = [taken.get(slot, fallback) for slot in range(self._slots)]
        return Stacked(None, (torch.stack([x for x, _ in pairs]), torch.stack([y for _, y in pairs])))

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
            self._offsets[sources] = on_device(starts, places.dtype, places.device)
        return self._offsets[sources]
