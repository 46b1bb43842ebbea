"""The steps of one run as CUDA graphs: a pack of one slot."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import cast

from dlrun.data.batches import Batches
from dlrun.engine.fit import CHECK_EVERY
from dlrun.engine.packed.graphs import without_graph
from dlrun.engine.packed.places import PlaceBatches
from dlrun.engine.packed.step import PackedStep
from dlrun.engine.step import EagerStep
from dlrun.tasks._base.batch import Batch


class GraphStep(EagerStep):
    """Stands for the eager step, on the same weights, optimizer and sums; `say` hears where steps are no graph.

    The program is made in the first step: a checkpoint is loaded by then.
    """

    executed = "compiled as a CUDA graph"

    def __init__(self, eager: EagerStep, batches: Batches, say: Callable[[str], None]):
        vars(self).update(vars(eager))
        self.batches = PlaceBatches(batches, CHECK_EVERY)
        self._say = say
        self._packed: PackedStep | None = None
        self._failed: str | None = None

    def __call__(self, batch: Batch, step: int) -> None:
        if self._packed is None:
            self._packed = PackedStep({0: cast(EagerStep, weakref.proxy(self))}, 1)  # no cycle keeps its tensors
        places = self.batches.due(batch)
        self.taken = places.steps
        self._packed({0: (places, step)})
        if self._failed != (self._packed.replays.failed):
            self._failed = self._packed.replays.failed
            self._say(without_graph(self._failed or ""))

    def one_by_one(self) -> None:
        self.batches.block = 1
