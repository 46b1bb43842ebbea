"""The batches of a compiled step: the places of the rows of as many steps as are taken at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from torch import Tensor

from dlrun.data.batches import Batches
from dlrun.engine.fit import CHECK_EVERY


class BlockBatches(Batches):
    """Stands for a run's batches in its loop; `block` is how many steps may be taken at once now."""

    def __init__(self, batches: Batches):
        self._batches, self.block = batches, 1
        self.rows, self.steps_in_pass, self.batch_size = batches.rows, batches.steps_in_pass, batches.batch_size
        self.by_places = batches.rows.resident and batches.augment is None and batches.mix is None

    def steps(self, start: int, stop: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The places of blocks from step start up to stop (exclusive), twice; or each batch, where rows are changed."""
        if not self.by_places:
            yield from self._batches.steps(start, stop)
            return
        yield from blocks(self._batches, start, stop, lambda: self.block)


def blocks(batches: Batches, start: int, stop: int, most: Callable[[], int]) -> Iterator[tuple[Tensor, Tensor]]:
    """The places of the rows of steps start to stop (exclusive), twice: those of `most` steps at once, asked each time.

    No block goes beyond an epoch, or a step in which the loop checks the metrics.
    """
    while start < stop:
        steps = min(most(), stop - start, CHECK_EVERY - start % CHECK_EVERY)
        places = batches.places_from(start, steps)
        yield places, places
        start += max(1, len(places) // batches.batch_size)
