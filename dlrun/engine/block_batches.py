"""The batches of a compiled step: the places of the rows of as many steps as are taken at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from dlrun.data.batches import Batches
from dlrun.engine.fit import CHECK_EVERY


class BlockBatches(Batches):
    """Stands for a run's batches in its loop; `most` says how many steps may be taken at once now.

    No block goes beyond an epoch, or a step in which the loop checks the metrics.
    """

    def __init__(self, batches: Batches, most: Callable[[], int]):
        self._batches, self._most = batches, most
        self.rows, self.steps_in_pass, self.batch_size = batches.rows, batches.steps_in_pass, batches.batch_size
        self.by_places = batches.rows.resident and batches.augment is None and batches.mix is None

    def steps(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The places of blocks from step start up to stop (exclusive), twice; or each batch, where rows are changed."""
        if not self.by_places:
            yield from self._batches.steps(start, stop)
            return
        while start < stop:
            most = min(self._most(), stop - start, CHECK_EVERY - start % CHECK_EVERY)
            places = self._batches.places_from(start, most)
            yield places, places
            start += max(1, len(places) // self.batch_size)
