"""A run as a member of a pack: what its loop does differently from that of a run alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from dlrun.data.batches import Rows
from dlrun.engine.checkpoint_manager import SHARE
from dlrun.engine.fit import CHECK_EVERY, REPORT_SECONDS, Fit
from dlrun.engine.packed.evaluation import Evaluation, Measurable
from dlrun.engine.packed.layout import Layout
from dlrun.engine.packed.places import PlaceBatches
from dlrun.engine.processes import Processes
from dlrun.models.step_rng import StepRng
from dlrun.record.pack_place import COMPACTED, note_place, steps_to_end

_SHOWN = 0.02  # seconds between two reports of a member, for each member


def in_blocks(training: Fit) -> PlaceBatches:
    """The run's batches, of several steps where nothing has to come between them: a checkpoint after each step does.

    The loop of each member is entered once a block.  A GPU waits for the host meanwhile; a processor begins with single
    steps, until it is known how long they are.
    """
    most = CHECK_EVERY if training.checkpoints.seconds > 0 else 1
    return PlaceBatches(training.batches, most if training.totals.device.type == "cuda" else 1, most)


class Member(Processes):
    """The member in `slot` of a layout, of which so many (`beside`) are trained now; `data` is what they share.

    It begins from nothing or from its own checkpoint: another run's first steps have other last bits.
    """

    compiles = twins = False
    data: dict[Any, Any]

    def __init__(self, slot: int, layout: Layout, beside: int, data: dict[Any, Any]):
        self.slot, self.layout, self.beside, self.data = slot, layout, beside, data

    def speed_path(self, path: str) -> str:
        others = self.layout.slots - 1
        return f"packed with {others} {'other' if others == 1 else 'others'}, {path}"

    def part(self, number: int) -> Member:
        """What the run consists of has the slots from its own on."""
        return Member(self.slot + number, self.layout, self.beside, self.data)

    def facts(self) -> dict[str, Any]:
        place = {"slots": self.layout.slots, "slot": self.slot}
        return {"pack": place if self.layout.fixed else {**place, COMPACTED: []}}

    def ended(self, result: dict[str, Any]) -> None:
        """Its place is needed no longer, where it has come to its end."""
        if (steps := steps_to_end(result)) is not None:
            self.layout.end(self.slot, steps)

    def measures(self, training: Fit, rows: Rows, batch_size: int, passes: bool,
                 before_batch: Callable[[], None]) -> Callable[[], Any] | None:
        """Together with those that have taken the last step with it, in the places that they had there."""
        together: Evaluation = self.data.setdefault(Evaluation, Evaluation())
        together.members[self.slot] = Measurable(training.step, rows, batch_size, passes)
        return lambda: together.measure(self.slot, self.layout.at(training.clock.step - 1), before_batch)

    def join(self, training: Fit, model: nn.Module, rng: StepRng) -> None:
        """Its batches are places, and of the time for checkpoints a share is its own."""
        training.batches = in_blocks(training)
        training.placed = partial(note_place, training.checkpoints.folder)
        training.checkpoints.share = SHARE / self.beside
        training.report_seconds = max(REPORT_SECONDS, _SHOWN * self.beside)
