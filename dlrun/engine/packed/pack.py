"""Drives the loops of several runs side by side: each asks for its next step, and all are taken at once."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dlrun.engine.fit import Due, Fit, Group
from dlrun.engine.packed.graphs import without_graph
from dlrun.engine.packed.places import PlaceBatches, Places
from dlrun.engine.packed.step import PackedStep

Run = Generator[Due, Any, Any]
BLOCK_SECONDS = 0.25  # of a core that steps which are taken at once may take, so that a signal is seen soon
Ended = dict[int, Any]  # by slot what a run has returned, or the exception that it has raised


@dataclass(frozen=True)
class Pack(Group):
    """Runs by their slots, of so many `slots`."""

    runs: Mapping[int, Run]
    slots: int

    def execute(self) -> Ended:
        return execute_together(self.runs, self.slots)


@dataclass
class _Waiting:
    """A run that waits for others, which have their slots in its place."""

    run: Run
    slot: int
    others: int
    ended: Ended = field(default_factory=dict)


def execute_together(runs: Mapping[int, Run], slots: int) -> Ended:
    """What each run, by its slot, has returned or raised.

    A run is begun and ended as it is alone, by its own code; one that has ended leaves its slot, and the others go on.
    The runs of a `Pack` that one of them comes to take their steps with all others, in slots that are nobody else's.
    An exception of a packed step is raised in every run that takes part in it.
    """
    driver = _Driver(runs, slots)
    try:
        return driver.drive()
    finally:  # what ends this process's pack leaves no run half open, with its folder locked
        for run in [*driver.active.values(), *(outer.run for outer in driver.waiting.values())]:
            run.close()


class _Driver:
    def __init__(self, runs: Mapping[int, Run], slots: int):
        self.slots, self.active = slots, dict(runs)
        self.waiting: dict[int, _Waiting] = {}  # by the slots of those that it waits for
        self.ended: Ended = {}
        self.due: dict[int, tuple[Places, int]] = {}
        self.training: dict[int, Fit] = {}
        self.packed: PackedStep | None = None
        self.told = False  # whether it was said that steps are no graph

    def drive(self) -> Ended:
        for slot in sorted(self.active):
            self.advance(slot)
        for slot in self.due:  # until here each has waited for the others to come to their first step
            self.training[slot].clock.start()
        while self.due:
            failed: Exception | None = None
            steps, began = min(places.steps for places, _ in self.due.values()), time.thread_time()
            try:
                if self.packed is None:
                    self.packed = PackedStep({slot: self.training[slot].step for slot in sorted(self.due)}, self.slots)
                self.packed({slot: (places.first(steps), number) for slot, (places, number) in self.due.items()})
            except Exception as error:
                failed = error
            if self.packed is not None and self.packed.replays.failed and not self.told:
                self.told = True
                for slot in self.due:
                    self.training[slot].recorder.note(without_graph(self.packed.replays.failed))
            step_seconds = (time.thread_time() - began) / steps  # of this thread: other work makes no smaller blocks
            for slot, (places, number) in list(self.due.items()):
                if places.steps > steps and failed is None:
                    self.due[slot] = (places.rest(steps), number + steps)
                    continue
                begin = time.monotonic()
                self.pace(slot, step_seconds)
                self.advance(slot, failed)
                if slot not in self.due:  # its test rows and pictures are no training of the others
                    for other in self.due:
                        self.training[other].clock.skip(time.monotonic() - begin)
        return self.ended

    def advance(self, slot: int, failed: Exception | None = None, given: Any = None) -> None:
        """Let a run come to its next step, or to its end."""
        run = self.active[slot]
        try:
            found = run.send(given) if failed is None else run.throw(failed)
        except StopIteration as end:
            self.leave(slot, end.value)
        except Exception as error:
            self.leave(slot, error)
        else:
            if isinstance(found, Pack):
                self.begin(_Waiting(run, slot, len(found.runs)), found)
                return
            assert isinstance(found, tuple)
            training, batch = found
            self.training[slot] = training
            places = (training.batches.due(batch) if isinstance(training.batches, PlaceBatches)
                      else Places(batch.x, batch.y, batch.rows))
            training.step.taken = places.steps
            self.due[slot] = (places, training.clock.step)

    def pace(self, slot: int, step_seconds: float) -> None:
        """Let a member give out as many steps at once as suits; on a GPU they are launched, which says nothing."""
        training = self.training[slot]
        if isinstance(training.batches, PlaceBatches) and training.totals.device.type == "cpu":
            training.batches.pace(step_seconds, BLOCK_SECONDS)

    def begin(self, outer: _Waiting, pack: Pack) -> None:
        """Begin the runs that one waits for."""
        del self.active[outer.slot]
        self.active.update(pack.runs)
        self.waiting.update(dict.fromkeys(pack.runs, outer))
        for slot in pack.runs:
            self.advance(slot)

    def leave(self, slot: int, outcome: Any) -> None:
        """Note how a run has ended, and let one go on that has waited for it as the last."""
        self.due.pop(slot, None)
        if self.packed is not None and slot in self.packed.members:
            self.packed.leave(slot)
        outer = self.waiting.pop(slot, None)
        if outer is None:
            self.ended[slot] = outcome
            return
        outer.ended[slot] = outcome
        if len(outer.ended) == outer.others:
            self.active[outer.slot] = outer.run
            self.advance(outer.slot, given=outer.ended)
